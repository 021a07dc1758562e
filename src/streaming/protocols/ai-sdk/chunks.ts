/** The chunks of a UI message stream (version 1) that are sent: those which clients of the AI SDK 6 and 7 both know, and `reset-step`. */
import { type JsonObject, type JsonValue } from '../../../contract/json.js';

interface Tool {
  toolCallId: string;
  dynamic: true;
  /** The service runs it: the client is not asked to. */
  providerExecuted?: true;
}

export type Chunk =
  | { type: 'start'; messageId: string; messageMetadata: JsonObject }
  | { type: 'start-step' | 'finish-step' }
  /** Takes back all that came since `start-step`. Not known to version 6. */
  | { type: 'reset-step' }
  | { type: 'text-start' | 'reasoning-start'; id: string; providerMetadata: { stepcast: { step: string; attempt: number } } }
  | { type: 'text-delta' | 'reasoning-delta'; id: string; delta: string }
  | { type: 'text-end' | 'reasoning-end'; id: string }
  | (Tool & { type: 'tool-input-start'; toolName: string; title?: string })
  | (Tool & { type: 'tool-input-available'; toolName: string; input: JsonValue; title?: string })
  | { type: 'tool-approval-request'; toolCallId: string; approvalId: string }
  | (Tool & { type: 'tool-output-available'; output: JsonValue })
  | (Tool & { type: 'tool-output-error'; errorText: string })
  | { type: 'tool-output-denied'; toolCallId: string }
  | { type: `data-${string}`; id?: string; data: JsonValue; transient?: true }
  | { type: 'error'; errorText: string }
  | { type: 'abort'; reason: string }
  | { type: 'finish'; finishReason: 'stop' | 'tool-calls' | 'error' | 'other'; messageMetadata: JsonObject };
