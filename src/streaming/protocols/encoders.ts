/** The encoder that a stream asks for. */
import { type ExecutionRecord } from '../../journal/journal.types.js';
import { stateBefore } from '../../orchestration/state-before.js';
import { type StartAt, firstAfter } from '../sse/stream.request.js';
import { AgUiEncoder } from './ag-ui/ag-ui.encoder.js';
import { AiSdkEncoder } from './ai-sdk/ai-sdk.encoder.js';
import { type Encoder } from './encoder.js';
import { type ProtocolRequest } from './protocol.request.js';
import { PlainTextEncoder } from './text/plain-text.encoder.js';

/** An encoder, and the last event that its reader has behind it. */
export interface Encoding {
  encoder: Encoder;
  skip: number;
}

/** For a reader that asks with nothing but a cursor. @throws StepcastError `invalid_cursor` */
export function encodingOf(protocol: ProtocolRequest, record: ExecutionRecord, start: StartAt): Encoding {
  const state = stateBefore(record);
  switch (protocol.name) {
    case 'ai-sdk':
      return { encoder: new AiSdkEncoder(state, protocol.version), skip: firstAfter(start, record.lastSeq) };
    case 'ag-ui':
      return { encoder: new AgUiEncoder(state, { threadId: record.sessionId ?? record.id, runId: record.id, messages: [], state: null }), skip: firstAfter(start, record.lastSeq) };
    case 'text':
      return { encoder: new PlainTextEncoder(state, protocol.step), skip: record.lastSeq };
  }
}
