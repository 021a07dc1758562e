/** The events of AG-UI 1.0 that are sent, and the parts of a request that are read. */
import { type JsonObject, type JsonValue } from '../../../contract/json.js';

export const AG_UI_VERSION = '1.0';

interface Attribution {
  stepcast: { step: string; attempt: number };
}

export type AgUiMessage =
  | { id: string; role: 'assistant'; content: string; metadata?: Attribution }
  | { id: string; role: 'assistant'; toolCalls: { id: string; type: 'function'; function: { name: string; arguments: string } }[] }
  | { id: string; role: 'tool'; toolCallId: string; content: string }
  | { id: string; role: 'reasoning'; content: string; metadata?: Attribution }
  /** Of the client: given back as it was. */
  | GivenMessage;

/** A message of the conversation, as a client sends it. */
export type GivenMessage = JsonObject & { id: string; role: string };

export interface PatchOperation {
  op: 'add';
  path: string;
  value: JsonValue;
}

export interface Interrupt {
  id: string;
  reason: 'input_required';
  message?: string;
  responseSchema?: JsonObject;
  metadata: { stepcast: { executionId: string; step: string } };
}

export interface TokenUsage {
  inputTokens?: number;
  outputTokens?: number;
  totalTokens?: number;
  reasoningTokens?: number;
  cachedInputTokens?: number;
}

type Outcome = { type: 'success' } | { type: 'cancelled' } | { type: 'interrupt'; interrupts: Interrupt[] };

export type AgUiEvent =
  | { type: 'RUN_STARTED'; threadId: string; runId: string; protocolVersion: string }
  | { type: 'RUN_FINISHED'; threadId: string; runId: string; outcome: Outcome; result?: JsonValue; usage?: TokenUsage[] }
  | { type: 'RUN_ERROR'; message: string; code: string; usage?: TokenUsage[] }
  | { type: 'STEP_STARTED' | 'STEP_FINISHED'; stepName: string }
  | { type: 'TEXT_MESSAGE_START'; messageId: string; role: 'assistant'; metadata: Attribution }
  | { type: 'TEXT_MESSAGE_CONTENT' | 'REASONING_MESSAGE_CONTENT'; messageId: string; delta: string }
  | { type: 'TEXT_MESSAGE_END' | 'REASONING_START' | 'REASONING_MESSAGE_END' | 'REASONING_END'; messageId: string }
  | { type: 'REASONING_MESSAGE_START'; messageId: string; role: 'reasoning'; metadata: Attribution }
  | { type: 'TOOL_CALL_START'; toolCallId: string; toolCallName: string }
  | { type: 'TOOL_CALL_ARGS'; toolCallId: string; delta: string }
  | { type: 'TOOL_CALL_END'; toolCallId: string }
  | { type: 'TOOL_CALL_RESULT'; messageId: string; toolCallId: string; content: string }
  | { type: 'MESSAGES_SNAPSHOT'; messages: AgUiMessage[] }
  | { type: 'STATE_SNAPSHOT'; snapshot: JsonObject }
  | { type: 'STATE_DELTA'; delta: PatchOperation[] }
  | { type: 'CUSTOM'; name: string; value: JsonValue };

/** A run as its client has named it. */
export interface AgUiRun {
  threadId: string;
  runId: string;
  /** The conversation that the client has; of this execution's own messages in it, the log knows better. */
  messages: readonly GivenMessage[];
  /** The state that the client has: ours stands beside it. */
  state: JsonValue;
}
