/**
 * From the log to the UI message stream of the AI SDK: one message for an execution, whose id is the execution's.
 *
 * The SDK's steps follow one another, and Stepcast's run side by side: so a step of the message begins when the first leaf
 * starts and ends when none is at work, and what belongs to which step stands in `data-step` and in the metadata of each
 * text. Clients of version 6 let go of open texts at `finish-step`, which hence never comes while one is open.
 *
 * What a retry voids is taken back by `reset-step` where the client knows that and everything since `start-step` is void.
 * Elsewhere it stays in the message, and `data-step` says of it `superseded`: texts of that step count whose attempt is later.
 */
import { isComposite } from '../../../contract/definition.js';
import { type ExecutionEvent } from '../../../contract/events.js';
import { isShort, type JsonObject, type JsonValue } from '../../../contract/json.js';
import { type ExecutionState, type StepState } from '../../../contract/state.js';
import { beginNarration, narrate } from '../narration/narration.js';
import { type Move, type Narration, type Part } from '../narration/narration.types.js';
import { type AiSdkVersion } from '../protocol.request.js';
import { type Chunk } from './chunks.js';
import { answerChunk, askChunks, callChunks, openChunk, resultChunk } from './part.chunks.js';

export interface AiSdkState {
  narration: Narration;
  version: AiSdkVersion;
  /** A step of the message is open. */
  stepOpen: boolean;
  /** Counts the steps of the message. */
  region: number;
  /** Parts since the last `start-step` that count. */
  inRegion: Set<string>;
  /** Data parts of the message, and in which of its steps each was first put: it is replaced there. */
  placed: Map<string, number>;
  /** By id of the step, the last attempt that is void. */
  superseded: Map<string, number>;
  progress: number;
}

/** Characters of JSON that a result may have to become part of the message, which clients send back with every turn. */
const MAX_KEPT = 16_384;

export function beginAiSdk(execution: ExecutionState, version: AiSdkVersion): AiSdkState {
  return { narration: beginNarration(execution), version, stepOpen: false, region: 0, inRegion: new Set(), placed: new Map(), superseded: new Map(), progress: 0 };
}

/** Brings `state`, which the caller owns, on by one event, and answers what it comes to. */
export function mapAiSdk(state: AiSdkState, event: ExecutionEvent): Chunk[] {
  const chunks: Chunk[] = [];
  for (const move of narrate(state.narration, event)) mapMove(state, move, chunks);
  const { progress, finishedAt } = state.narration.execution;
  if (progress > state.progress && finishedAt === null) {
    state.progress = progress;
    chunks.push({ type: 'data-progress', data: { progress, ...(event.message === undefined ? {} : { message: event.message }) }, transient: true });
  }
  return chunks;
}

function mapMove(state: AiSdkState, move: Move, chunks: Chunk[]): void {
  switch (move.move) {
    case 'workflow':
      putWorkflow(state, chunks);
      break;
    case 'step':
      mapStep(state, move, chunks);
      break;
    case 'open':
      state.inRegion.add(move.part.id);
      chunks.push(openChunk(move.part));
      break;
    case 'delta':
      chunks.push({ type: `${move.part.kind}-delta`, id: move.part.id, delta: move.delta });
      break;
    case 'close':
      chunks.push({ type: `${move.part.kind}-end`, id: move.part.id });
      break;
    case 'call':
      state.inRegion.add(move.part.id);
      chunks.push(...callChunks(move.part));
      break;
    case 'result':
      chunks.push(resultChunk(move.part));
      break;
    case 'ask':
      state.inRegion.add(move.part.id);
      chunks.push(...askChunks(move.part));
      break;
    case 'answer':
      chunks.push(answerChunk(move.part));
      // Clients send what the last step of a message has been answered: it is told that this was heard.
      if (state.narration.asks.size === 0) beginStep(state, chunks);
      break;
    case 'void':
      takeBack(state, move.parts, chunks);
      break;
    case 'progress':
      chunks.push({
        type: 'data-progress', transient: true,
        data: { progress: state.narration.execution.progress, step: move.step.id, stepProgress: move.step.progress, ...(move.state === undefined ? {} : { state: move.state }) },
      });
      state.progress = state.narration.execution.progress;
      break;
    case 'data':
      chunks.push({ type: 'data-piece', data: { step: move.step, data: move.data }, transient: true });
      break;
    case 'log':
      chunks.push({ type: 'data-log', data: { ...(move.step === undefined ? {} : { step: move.step }), ...(move.line as unknown as JsonObject) }, transient: true });
      break;
    case 'end':
      chunks.push(...endChunks(state));
      break;
  }
}

function mapStep(state: AiSdkState, { how, step }: Extract<Move, { move: 'step' }>, chunks: Chunk[]): void {
  if (how === 'started' && !isComposite(step.type)) openStep(state, chunks);
  putStep(state, step, chunks);
  if (how === 'ended' && step.status === 'completed' && !isComposite(step.type)) {
    chunks.push({ type: 'data-output', data: { step: step.id, output: step.output ?? null }, transient: true });
  }
  if (how === 'ended' && state.narration.runs.size === 0) closeStep(state, chunks);
}

export function openStep(state: AiSdkState, chunks: Chunk[]): void {
  if (!state.stepOpen) beginStep(state, chunks);
}

function beginStep(state: AiSdkState, chunks: Chunk[]): void {
  state.stepOpen = true;
  state.region++;
  state.inRegion.clear();
  chunks.push({ type: 'start-step' });
}

function closeStep(state: AiSdkState, chunks: Chunk[]): void {
  if (!state.stepOpen) return;
  state.stepOpen = false;
  chunks.push({ type: 'finish-step' });
}

export function putWorkflow(state: AiSdkState, chunks: Chunk[]): void {
  const { id, workflow, status } = state.narration.execution;
  put(state, 'data-workflow', id, { workflow, status }, chunks);
}

export function putStep(state: AiSdkState, step: StepState, chunks: Chunk[]): void {
  const { id, name, type, status, attempt, iteration, durationMs, error } = step;
  put(state, 'data-step', id, {
    name, type, status, attempt, iteration, superseded: state.superseded.get(id) ?? 0,
    ...(durationMs === undefined ? {} : { durationMs }), ...(error === undefined ? {} : { error: { code: error.code, message: error.message } }),
  }, chunks);
}

function put(state: AiSdkState, type: `data-${string}`, id: string, data: JsonValue, chunks: Chunk[]): void {
  const key = `${type} ${id}`;
  if (!state.placed.has(key)) state.placed.set(key, state.region);
  chunks.push({ type, id, data });
}

function takeBack(state: AiSdkState, parts: readonly Part[], chunks: Chunk[]): void {
  const { superseded, inRegion, version, narration, placed, region } = state;
  let here = 0;
  for (const { id, step, attempt } of parts) {
    superseded.set(step, Math.max(superseded.get(step) ?? 0, attempt));
    if (inRegion.delete(id)) here++;
  }
  // `data-step` of each of them follows, with what is superseded. A reset closes whatever is open: nothing else may be.
  const isAlone = inRegion.size === 0 && !narration.parts.some(({ kind, open }) => open && kind !== 'ask' && kind !== 'call');
  if (version < 7 || here === 0 || !isAlone) return;
  chunks.push({ type: 'reset-step' });
  for (const [key, at] of placed) {
    if (at !== region) continue;
    const [type, id] = [key.slice(0, key.indexOf(' ')), key.slice(key.indexOf(' ') + 1)];
    if (type === 'data-workflow') putWorkflow(state, chunks);
    else putStep(state, narration.execution.steps[id] as StepState, chunks);
  }
}

/** The last chunks of an execution that has ended. */
export function endChunks(state: AiSdkState): Chunk[] {
  const { execution } = state.narration;
  const chunks: Chunk[] = [];
  closeStep(state, chunks);
  putWorkflow(state, chunks);
  const messageMetadata = metadataOf(execution);
  switch (execution.status) {
    case 'failed':
      // Clients stop at an error: it is told when everything else is.
      chunks.push({ type: 'error', errorText: execution.error?.message ?? 'the execution has failed' }, { type: 'finish', finishReason: 'error', messageMetadata });
      break;
    case 'cancelled':
      chunks.push({ type: 'abort', reason: 'cancelled' }, { type: 'finish', finishReason: 'other', messageMetadata });
      break;
    default:
      if (typeof execution.result !== 'string') chunks.push(resultPart(execution));
      chunks.push({ type: 'finish', finishReason: 'stop', messageMetadata });
  }
  return chunks;
}

/** Where the execution waits for a person, and nothing else goes on: the turn of the service is over. */
export function pauseChunks(state: AiSdkState): Chunk[] {
  const chunks: Chunk[] = [];
  closeStep(state, chunks);
  putWorkflow(state, chunks);
  chunks.push({ type: 'finish', finishReason: 'tool-calls', messageMetadata: metadataOf(state.narration.execution) });
  return chunks;
}

function resultPart({ id, result }: ExecutionState): Chunk {
  return isShort(result, MAX_KEPT) ? { type: 'data-result', id, data: result } : { type: 'data-result', data: result, transient: true };
}

export function metadataOf({ id, workflow, usage }: ExecutionState): JsonObject {
  return { executionId: id, workflow, ...(Object.keys(usage).length === 0 ? {} : { usage: { ...usage } }) };
}
