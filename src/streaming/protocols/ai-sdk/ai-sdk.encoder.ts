import { type ExecutionEvent } from '../../../contract/events.js';
import { type ExecutionState } from '../../../contract/state.js';
import { type Encoder, type Farewell } from '../encoder.js';
import { type AiSdkVersion } from '../protocol.request.js';
import { framesOf } from '../sse.frames.js';
import { type AiSdkState, beginAiSdk, mapAiSdk, metadataOf, pauseChunks } from './ai-sdk.mapping.js';
import { catchUp, type Known } from './catch-up.js';

const DONE = 'data: [DONE]\n\n';

/** Frames of a UI message stream, version 1. */
export class AiSdkEncoder implements Encoder {
  ended = false;
  private readonly state: AiSdkState;
  /** Whether it has sent anything that a wait could end. */
  private hasSpoken = false;
  private skipped = false;

  /** @param known What the client has of the message; absent, what it was sent of this very stream. */
  constructor(execution: ExecutionState, version: AiSdkVersion, private known?: Known) {
    this.state = beginAiSdk(execution, version);
  }

  skip(event: ExecutionEvent): void {
    this.skipped = true;
    mapAiSdk(this.state, event);
  }

  begin(): string {
    const { execution } = this.state.narration;
    const { known } = this;
    this.known = undefined;
    if (known && this.skipped) {
      this.hasSpoken = true;
      this.ended = execution.finishedAt !== null;
      return framesOf(catchUp(this.state, known)) + (this.ended ? DONE : '');
    }
    return this.skipped ? '' : framesOf([{ type: 'start', messageId: execution.id, messageMetadata: metadataOf(execution) }]);
  }

  encode(event: ExecutionEvent): string {
    const chunks = mapAiSdk(this.state, event);
    this.hasSpoken = true;
    this.ended = this.state.narration.execution.finishedAt !== null;
    if (!this.ended) return framesOf(chunks, event.seq);
    // The seq stands on the very last frame, or whoever is cut off before that would not come back for it.
    return `${framesOf(chunks)}id: ${event.seq}\n${DONE}`;
  }

  pause(): string {
    if (!this.hasSpoken || this.state.narration.execution.status !== 'waiting') return '';
    this.ended = true;
    return framesOf(pauseChunks(this.state)) + DONE;
  }

  cut({ message }: Farewell): string {
    this.ended = true;
    return framesOf([{ type: 'error', errorText: message }]) + DONE;
  }
}
