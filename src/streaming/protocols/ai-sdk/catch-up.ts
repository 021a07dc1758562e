/**
 * The way on for a message that a client has already, in part or whole: it is sent what it lacks, and nothing twice. What it
 * has is seen from the message itself, which clients send along; so it does not matter where its stream broke off.
 */
import { type StepState } from '../../../contract/state.js';
import { type Part, type TextPart } from '../narration/narration.types.js';
import { type AiSdkState, endChunks, metadataOf, openStep, putStep, putWorkflow } from './ai-sdk.mapping.js';
import { type Chunk } from './chunks.js';
import { answerChunk, askChunks, callChunks, openChunk, resultChunk } from './part.chunks.js';

/** What a client has of a message. */
export interface Known {
  /** Texts by `textKey`. */
  texts: ReadonlyMap<string, string>;
  /** Ids of calls and questions, and whether the client has their result. */
  calls: ReadonlyMap<string, boolean>;
}

export function textKey(kind: TextPart['kind'], step: string, attempt: number): string {
  return `${kind} ${step}#${attempt}`;
}

/** What brings the client to where `state` is. */
export function catchUp(state: AiSdkState, known: Known): Chunk[] {
  const { execution, parts, asks } = state.narration;
  const chunks: Chunk[] = [{ type: 'start', messageId: execution.id, messageMetadata: metadataOf(execution) }];
  // Clients look at the last step of a message for what is to be sent: where it has open questions, that step goes on. Else
  // another one begins, or its answers would be sent for ever; and so a reset takes back nothing that was there before.
  const open = [...asks.values()].filter(({ id }) => known.calls.has(id));
  state.stepOpen = open.length > 0;
  openStep(state, chunks);
  // Which data parts it has is not known: those that follow may be new to it, and a reset has to put them again.
  state.placed.clear();
  state.inRegion = new Set(open.map(({ id }) => id));
  putWorkflow(state, chunks);
  for (const step of Object.values(execution.steps)) if (wasTold(step)) putStep(state, step, chunks);
  const texts = new Map(known.texts);
  for (const part of parts) bring(part, texts, known.calls, state, chunks);
  // Calls and questions of attempts that are void by now: what came of them, nobody tells any more.
  const counting = new Set(parts.map(({ id }) => id));
  for (const [toolCallId, hasEnd] of known.calls) {
    const isVoid = !hasEnd && !counting.has(toolCallId) && toolCallId.startsWith(`${execution.id}/`);
    if (isVoid) chunks.push({ type: 'tool-output-error', toolCallId, dynamic: true, errorText: 'the attempt has failed' });
  }
  if (execution.finishedAt !== null) chunks.push(...endChunks(state));
  return chunks;
}

function wasTold({ attempt, status }: StepState): boolean {
  return attempt > 0 || status !== 'pending';
}

function bring(part: Part, texts: Map<string, string>, calls: ReadonlyMap<string, boolean>, { inRegion }: AiSdkState, chunks: Chunk[]): void {
  if (part.kind === 'call' || part.kind === 'ask') {
    const has = calls.get(part.id);
    if (has === undefined) {
      inRegion.add(part.id);
      chunks.push(...(part.kind === 'call' ? callChunks(part) : askChunks(part)));
    }
    if (!part.open && has !== true) chunks.push(part.kind === 'call' ? resultChunk(part) : answerChunk(part));
    return;
  }
  const key = textKey(part.kind, part.step, part.attempt);
  const had = texts.get(key) ?? '';
  const length = Math.min(had.length, part.text.length);
  texts.set(key, had.slice(length));
  const lacking = part.text.slice(length);
  if (lacking === '' && !part.open) return;
  inRegion.add(part.id);
  chunks.push(openChunk(part));
  if (lacking !== '') chunks.push({ type: `${part.kind}-delta`, id: part.id, delta: lacking });
  if (!part.open) chunks.push({ type: `${part.kind}-end`, id: part.id });
}
