/** A part of what an execution tells, in the chunks of the AI SDK. */
import { isObject, type JsonValue } from '../../../contract/json.js';
import { type AskPart, type CallPart, type TextPart } from '../narration/narration.types.js';
import { type Chunk } from './chunks.js';

export function openChunk({ kind, id, step, attempt }: TextPart): Chunk {
  // What UIs have to go by: the text itself carries no id once it is part of a message.
  return { type: `${kind}-start`, id, providerMetadata: { stepcast: { step, attempt } } };
}

export function callChunks({ id, tool, input }: CallPart): Chunk[] {
  const call = { toolCallId: id, toolName: tool, dynamic: true, providerExecuted: true } as const;
  return [{ type: 'tool-input-start', ...call }, { type: 'tool-input-available', ...call, input }];
}

export function resultChunk({ id, output, error }: CallPart): Chunk {
  const call = { toolCallId: id, dynamic: true, providerExecuted: true } as const;
  return error === undefined ? { type: 'tool-output-available', ...call, output: output ?? null } : { type: 'tool-output-error', ...call, errorText: error };
}

/** Whether a question is answered by yes or no: as an approval. Any other is a tool that the client runs. */
export function isApproval({ schema }: Pick<AskPart, 'schema'>): boolean {
  return isObject(schema) && schema['type'] === 'boolean';
}

export function askChunks(part: AskPart): Chunk[] {
  const { id, name, prompt, schema } = part;
  const question: JsonValue = { ...(prompt === undefined ? {} : { prompt }), ...(schema === undefined ? {} : { schema }) };
  const call = { toolCallId: id, toolName: name, dynamic: true, ...(prompt === undefined ? {} : { title: prompt }) } as const;
  const asked: Chunk[] = [{ type: 'tool-input-start', ...call }, { type: 'tool-input-available', ...call, input: question }];
  if (isApproval(part)) asked.push({ type: 'tool-approval-request', toolCallId: id, approvalId: id });
  return asked;
}

export function answerChunk(part: AskPart): Chunk {
  const { id, value } = part;
  const call = { toolCallId: id, dynamic: true } as const;
  if (value === undefined) return { type: 'tool-output-error', ...call, errorText: 'the question was withdrawn' };
  return isApproval(part) && value === false ? { type: 'tool-output-denied', toolCallId: id } : { type: 'tool-output-available', ...call, output: value };
}
