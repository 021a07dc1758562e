/**
 * What an execution tells, as protocols for chats have it: pieces of text that open, grow and close, calls with their
 * results, questions with their answers. The log is folded into it event by event; each event comes out as moves, in an
 * order that every protocol can follow: nothing grows that is not open, nothing is void or ends while it is open.
 *
 * One piece of text is what a step writes until it turns to something else: to reasoning, to a tool. So text and calls keep
 * their order, and the pieces of a step that count are, one after the other, exactly its text (P11).
 */
import { isComposite } from '../../../contract/definition.js';
import { type ErrorInfo } from '../../../contract/errors.js';
import { type EventData, type ExecutionEvent, isWithin, type StepInfo } from '../../../contract/events.js';
import { type JsonValue } from '../../../contract/json.js';
import { applyEvent, type ExecutionState, type StepState } from '../../../contract/state.js';
import { stepsBelow } from '../../../contract/steps.below.js';
import { type AskPart, type CallPart, type Move, type Narration, type Part, type Run, type TextPart } from './narration.types.js';

export function beginNarration(execution: ExecutionState): Narration {
  return { execution, parts: [], runs: new Map(), asks: new Map() };
}

/** Brings `narration`, which the caller owns, on by one event, and answers what that comes to. */
export function narrate(narration: Narration, event: ExecutionEvent): Move[] {
  const { execution } = narration;
  applyEvent(execution, event);
  const moves: Move[] = [];
  switch (event.type) {
    case 'workflow_started':
      moves.push({ move: 'workflow' });
      break;
    case 'workflow_resumed':
      interrupt(narration, moves);
      break;
    case 'workflow_completed':
      tellResult(narration, event.data.result, moves);
      end(narration, moves);
      break;
    case 'workflow_failed':
    case 'workflow_cancelled':
      end(narration, moves);
      break;
    case 'message':
      moves.push({ move: 'log', step: event.step?.id, line: event.data });
      break;
    case 'checkpoint_saved':
      break;
    default:
      narrateStep(narration, event, event.step, moves);
  }
  return moves;
}

type StepEvent = Extract<ExecutionEvent, { step: StepInfo }>;

function narrateStep(narration: Narration, event: StepEvent, info: StepInfo, moves: Move[]): void {
  const { execution, runs } = narration;
  const { id } = info;
  const step = execution.steps[id] as StepState;
  const run = runs.get(id);
  switch (event.type) {
    case 'step_started':
      if (!isComposite(info.type)) runs.set(id, { attempt: info.attempt, count: 0 });
      moves.push({ move: 'step', how: 'started', step });
      break;
    case 'step_output':
      if (event.data.kind === 'data') moves.push({ move: 'data', step: id, data: event.data.delta });
      // The pieces of a tool's input do not name the tool, which protocols want to know first: calls are told whole.
      else if (event.data.kind !== 'tool_input' && run) write(narration, id, run, event.data.kind, event.data.delta, moves);
      break;
    case 'tool_call':
      if (run) call(narration, id, run, event.data, moves);
      break;
    case 'tool_result':
      if (run) result(run, event.data, moves);
      break;
    case 'step_progress':
      moves.push({ move: 'progress', step, ...(event.data.state === undefined ? {} : { state: event.data.state }) });
      break;
    case 'input_required':
      ask(narration, info, event.data, moves);
      moves.push({ move: 'step', how: 'changed', step });
      break;
    case 'input_received':
      answer(narration, id, event.data.value, moves);
      moves.push({ move: 'step', how: 'changed', step });
      break;
    case 'step_retrying':
      retract(narration, id, moves);
      break;
    case 'step_completed':
      if (!isComposite(info.type) && step.text !== '' && step.text === event.data.output) narration.told = { step: id, text: step.text };
      endStep(narration, step, moves);
      break;
    case 'step_failed':
    case 'step_cancelled':
    case 'step_skipped':
      endStep(narration, step, moves);
      break;
    default:
      break;
  }
}

function partId({ execution }: Narration, step: string, attempt: number): string {
  return `${execution.id}/${step}#${attempt}`;
}

function write(narration: Narration, step: string, run: Run, kind: TextPart['kind'], delta: string, moves: Move[]): void {
  if (delta === '') return;
  if (run.text && run.text.kind !== kind) closeText(run, moves);
  let part = run.text;
  if (!part) {
    part = run.text = { kind, id: `${partId(narration, step, run.attempt)}/${kind}-${++run.count}`, step, attempt: run.attempt, open: true, text: '' };
    narration.parts.push(part);
    moves.push({ move: 'open', part });
  }
  part.text += delta;
  moves.push({ move: 'delta', part, delta });
}

function closeText(run: Run, moves: Move[]): void {
  const part = run.text;
  if (!part) return;
  delete run.text;
  part.open = false;
  moves.push({ move: 'close', part });
}

function call(narration: Narration, step: string, run: Run, { callId, tool, input }: EventData['tool_call'], moves: Move[]): void {
  closeText(run, moves);
  const part: CallPart = { kind: 'call', id: `${partId(narration, step, run.attempt)}/call-${++run.count}`, step, attempt: run.attempt, open: true, tool, input };
  (run.calls ??= new Map()).set(callId, part);
  narration.parts.push(part);
  moves.push({ move: 'call', part });
}

function result(run: Run, { callId, output, error }: EventData['tool_result'], moves: Move[]): void {
  const part = run.calls?.get(callId);
  if (!part?.open) return;
  part.open = false;
  if (error) part.error = error.message;
  else part.output = output ?? null;
  moves.push({ move: 'result', part });
}

function ask(narration: Narration, { id: step, name, attempt }: StepInfo, { prompt, schema }: EventData['input_required'], moves: Move[]): void {
  // Asked again after a crash: the question that is open stays the same one.
  if (narration.asks.has(step)) return;
  const part: AskPart = {
    kind: 'ask', id: partId(narration, step, attempt), step, attempt, open: true, name,
    ...(prompt === undefined ? {} : { prompt }), ...(schema === undefined ? {} : { schema }),
  };
  narration.asks.set(step, part);
  narration.parts.push(part);
  moves.push({ move: 'ask', part });
}

/** @param value absent where there is no answer, and will be none. */
function answer({ asks }: Narration, step: string, value: JsonValue | undefined, moves: Move[]): void {
  const part = asks.get(step);
  if (!part) return;
  asks.delete(step);
  part.open = false;
  if (value !== undefined) part.value = value;
  moves.push({ move: 'answer', part });
}

/** What is still open of a leaf is closed; a call without a result has failed. */
function closeRun({ runs }: Narration, step: string, why: string, moves: Move[]): void {
  const run = runs.get(step);
  if (!run) return;
  runs.delete(step);
  closeText(run, moves);
  for (const part of run.calls?.values() ?? []) {
    if (!part.open) continue;
    part.open = false;
    part.error = why;
    moves.push({ move: 'result', part });
  }
}

function endStep(narration: Narration, step: StepState, moves: Move[]): void {
  closeRun(narration, step.id, `the step has ${step.status}`, moves);
  answer(narration, step.id, undefined, moves);
  moves.push({ move: 'step', how: 'ended', step });
}

/** A crash: what leaves at work have told is void, but for the questions they have asked. */
function interrupt(narration: Narration, moves: Move[]): void {
  const steps = [...narration.runs.keys()];
  for (const step of steps) closeRun(narration, step, 'the step was interrupted', moves);
  drop(narration, (part) => part.kind !== 'ask' && steps.includes(part.step), moves);
  moves.push({ move: 'workflow' });
  for (const step of steps) moves.push({ move: 'step', how: 'voided', step: narration.execution.steps[step] as StepState });
}

/** An attempt has failed: all is void that the step and those below it have told. */
function retract(narration: Narration, id: string, moves: Move[]): void {
  const { execution, told } = narration;
  const within = [id, ...stepsBelow(execution.steps, id)];
  for (const step of within) {
    closeRun(narration, step, 'the attempt has failed', moves);
    answer(narration, step, undefined, moves);
  }
  if (told && isWithin(told.step, id)) delete narration.told;
  drop(narration, ({ step }) => isWithin(step, id), moves);
  for (const step of within) moves.push({ move: 'step', how: 'voided', step: execution.steps[step] as StepState });
}

function drop(narration: Narration, isVoid: (part: Part) => boolean, moves: Move[]): void {
  const parts = narration.parts.filter(isVoid);
  if (parts.length === 0) return;
  narration.parts = narration.parts.filter((part) => !isVoid(part));
  moves.push({ move: 'void', parts });
}

/** A result that is text is told as text, unless the step that it comes from has streamed it already. */
function tellResult(narration: Narration, given: JsonValue, moves: Move[]): void {
  if (typeof given !== 'string' || given === '' || given === narration.told?.text) return;
  const part: TextPart = { kind: 'text', id: `${narration.execution.id}/result`, step: '', attempt: 0, open: false, text: given };
  narration.parts.push(part);
  moves.push({ move: 'open', part }, { move: 'delta', part, delta: given }, { move: 'close', part });
}

function end(narration: Narration, moves: Move[]): void {
  // Steps that had no chance to tell their end: the process that ran them died, and the execution could not go on.
  const left = [...new Set([...narration.runs.keys(), ...narration.asks.keys()])];
  for (const step of left) endStep(narration, narration.execution.steps[step] as StepState, moves);
  moves.push({ move: 'end' });
}

export function errorText({ code, message }: ErrorInfo): string {
  return `${code}: ${message}`;
}
