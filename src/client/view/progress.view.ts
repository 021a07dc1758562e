/**
 * What the views of React and Vue show of an execution beside its snapshot: the tree of its steps, a log, and what is said to
 * those who do not see it. Brought on from snapshot to snapshot by a pure function, so it can be part of a render. The log
 * is kept by lines and not by events: a thousand pieces of text push no line out of it.
 */
import { type EventType, type ExecutionEvent, type LogLevel } from '../../contract/events.js';
import { type ExecutionSnapshot } from '../execution.store.js';
import { type ViewLabels } from './labels.js';
import { type StepNode, treeOf } from './step.tree.js';

export interface LogLine {
  seq: number;
  /** ISO 8601. */
  timestamp: string;
  level: LogLevel;
  text: string;
}

/** Something to say in a live region. */
export interface Said {
  seq: number;
  text: string;
}

export interface ProgressView {
  readonly executionId: string;
  /** The last event that is in it. */
  readonly lastSeq: number;
  readonly tree: readonly StepNode[];
  /** The last ones, `MAX_LINES` at most. */
  readonly lines: readonly LogLine[];
  /** Whether there were lines before those. */
  readonly hasEarlierLines: boolean;
  /** The last ones, `MAX_SAID` at most. */
  readonly said: readonly Said[];
}

export const MAX_LINES = 200;
const MAX_SAID = 3;

/** What comes too often, and is shown in other ways. */
const NO_LINE: ReadonlySet<EventType> = new Set(['step_output', 'step_progress', 'checkpoint_saved']);

export const NO_VIEW: ProgressView = { executionId: '', lastSeq: 0, tree: [], lines: [], hasEarlierLines: false, said: [] };

/** @returns `view` itself where the snapshot has nothing new; one of its own for another execution. */
export function nextView(view: ProgressView, { state, events }: Pick<ExecutionSnapshot, 'state' | 'events'>, labels: ViewLabels): ProgressView {
  const isSame = view.executionId === state.id && view.lastSeq <= state.lastSeq;
  const before = isSame ? view : { ...NO_VIEW, executionId: state.id };
  if (before.lastSeq === state.lastSeq) return before;
  const fresh = events.slice(firstAfter(events, before.lastSeq));
  const lines = [...before.lines, ...fresh.flatMap((event) => lineOf(event) ?? [])];
  // Events that were dropped between two snapshots were too many for anyone to follow.
  const isCut = lines.length > MAX_LINES || (fresh[0] !== undefined && fresh[0].seq > before.lastSeq + 1);
  const said = [...before.said, ...fresh.flatMap((event) => saidOf(event, labels) ?? [])];
  return {
    executionId: state.id, lastSeq: state.lastSeq, tree: treeOf(state.steps, before.tree),
    lines: lines.length === before.lines.length ? before.lines : lines.slice(-MAX_LINES),
    hasEarlierLines: before.hasEarlierLines || isCut,
    said: said.length === before.said.length ? before.said : said.slice(-MAX_SAID),
  };
}

/** Where the events after one begin; they are in order, and most are old. */
function firstAfter(events: readonly ExecutionEvent[], seq: number): number {
  let at = events.length;
  while (at > 0 && (events[at - 1] as ExecutionEvent).seq > seq) at--;
  return at;
}

function lineOf(event: ExecutionEvent): LogLine | undefined {
  if (NO_LINE.has(event.type)) return undefined;
  const { seq, timestamp, type, message } = event;
  return { seq, timestamp, level: levelOf(event), text: textOf(event) ?? message ?? type };
}

function levelOf(event: ExecutionEvent): LogLevel {
  switch (event.type) {
    case 'message':
      return event.data.level;
    case 'workflow_failed':
    case 'step_failed':
      return 'error';
    case 'step_retrying':
    case 'workflow_resumed':
    case 'workflow_cancelled':
      return 'warn';
    default:
      return 'info';
  }
}

/** Where the event's own line leaves out what matters. */
function textOf({ type, message, data }: ExecutionEvent): string | undefined {
  if (type === 'step_failed' || type === 'step_retrying') return `${message ?? type}: ${data.error.message}`;
  if (type === 'workflow_cancelled') return `${message ?? type}: ${data.reason}`;
  return undefined;
}

function saidOf(event: ExecutionEvent, { said, question }: ViewLabels): Said | undefined {
  const text = wordsFor(event, said, question);
  return text === undefined ? undefined : { seq: event.seq, text };
}

function wordsFor(event: ExecutionEvent, said: ViewLabels['said'], question: ViewLabels['question']): string | undefined {
  switch (event.type) {
    case 'step_started':
      return said.stepStarted(event.step.name);
    case 'step_completed':
      return said.stepCompleted(event.step.name);
    case 'step_failed':
      return said.stepFailed(event.step.name, event.data.error.message);
    case 'step_cancelled':
      return said.stepCancelled(event.step.name);
    case 'step_retrying':
      return said.stepRetrying(event.step.name, event.data.attempt, event.data.maxAttempts);
    case 'input_required':
      return said.inputRequired(event.step.name, event.data.prompt ?? question(event.step.name));
    case 'input_received':
      return said.inputReceived(event.step.name);
    case 'workflow_resumed':
      return said.resumed;
    case 'workflow_completed':
      return said.completed;
    case 'workflow_failed':
      return said.failed(event.data.error.message);
    case 'workflow_cancelled':
      return said.cancelled(event.data.reason);
    default:
      return undefined;
  }
}
