import { type ExecutionEvent } from '../../../contract/events.js';
import { type ExecutionState } from '../../../contract/state.js';
import { type Encoder, type Farewell } from '../encoder.js';
import { framesOf } from '../sse.frames.js';
import { type AgUiRun } from './ag-ui.events.js';
import { type AgUiState, beginAgUi, interruptRun, mapAgUi, openRun } from './ag-ui.mapping.js';

/** Frames of AG-UI events. */
export class AgUiEncoder implements Encoder {
  ended = false;
  private readonly state: AgUiState;
  private skipped = false;

  constructor(execution: ExecutionState, run: AgUiRun) {
    this.state = beginAgUi(execution, run);
  }

  skip(event: ExecutionEvent): void {
    this.skipped = true;
    mapAgUi(this.state, event);
  }

  begin(): string {
    this.ended = this.hasFinished;
    return framesOf(openRun(this.state, this.skipped));
  }

  encode(event: ExecutionEvent): string {
    const events = mapAgUi(this.state, event);
    this.ended = this.hasFinished;
    return framesOf(events, event.seq);
  }

  pause(): string {
    if (this.state.narration.execution.status !== 'waiting') return '';
    this.ended = true;
    return framesOf(interruptRun(this.state));
  }

  cut({ code, message }: Farewell): string {
    this.ended = true;
    return framesOf([{ type: 'RUN_ERROR', message: `${message}; run again with the same runId to go on`, code }]);
  }

  private get hasFinished(): boolean {
    return this.state.narration.execution.finishedAt !== null;
  }
}
