/**
 * The part of the screen that changes: how far it is, and a panel for each step that runs, with the end of what it writes.
 * A pure function of what is known, the size of the terminal and the time, so that it can be tested without either.
 */
import { type ChalkInstance } from 'chalk';
import cliTruncate from 'cli-truncate';
import wrapAnsi from 'wrap-ansi';
import { type Connection } from '../../client/follow.js';
import { isComposite } from '../../contract/definition.js';
import { type PlannedStage, type WorkflowPlan } from '../../contract/plan.js';
import { type ExecutionState, type StepState } from '../../contract/state.js';
import { messageOf } from '../error.text.js';
import { safeLine, safeText } from '../terminal.text.js';
import { bar, duration, percent, usageText } from './format.js';

export interface LiveModel {
  state: ExecutionState;
  plan: WorkflowPlan | undefined;
  /** What each running step last said of itself, by id. */
  notes: ReadonlyMap<string, string>;
  connection: Connection;
  /** Milliseconds since the epoch. */
  now: number;
}

export interface Size {
  columns: number;
  rows: number;
}

/** Of a text, as much of its end is wrapped as could be shown: it may be long, and is drawn often. */
const MAX_TAIL = 8000;
const MAX_PANEL_LINES = 12;
const MAX_BAR = 40;

export function liveLines(model: LiveModel, { columns, rows }: Size, color: ChalkInstance): string[] {
  // The last column stays free: terminals break a line that fills it.
  const width = Math.max(10, columns - 1);
  const lines = [header(model, width, color)];
  const broken = connectionLine(model.connection, color);
  if (broken) lines.push(broken);
  const running = model.state.activeSteps.map((id) => model.state.steps[id] as StepState).filter(({ type }) => !isComposite(type));
  // A line stays free below, for the cursor.
  const room = Math.max(2, rows - lines.length - 2);
  const shown = running.slice(0, Math.max(1, Math.floor(room / 2)));
  const each = Math.min(MAX_PANEL_LINES, Math.max(1, Math.floor(room / Math.max(1, shown.length)) - 1));
  for (const step of shown) lines.push(...panel(step, model, width, each, color));
  if (shown.length < running.length) lines.push(color.dim(`… and ${running.length - shown.length} more that run`));
  return lines.map((line) => cliTruncate(line, width));
}

function header({ state, plan, now }: LiveModel, width: number, color: ChalkInstance): string {
  const elapsed = state.startedAt === null ? 0 : now - Date.parse(state.startedAt);
  const estimate = plan?.estimatedMs === undefined ? '' : ` of about ${duration(plan.estimatedMs)}`;
  const usage = usageText(state.usage);
  const status = state.status === 'queued' && state.queuePosition !== null ? `queued at ${state.queuePosition}` : state.status;
  const left = `${safeLine(state.workflow)} ${status} `;
  const right = ` ${percent(state.progress)}  ${duration(elapsed)}${estimate}${usage ? `  ${usage}` : ''}`;
  const room = Math.min(MAX_BAR, width - left.length - right.length);
  return `${color.bold(left)}${room >= 4 ? color.cyan(bar(state.progress, room)) : ''}${right}`;
}

function connectionLine(connection: Connection, color: ChalkInstance): string | undefined {
  if (connection.state === 'waiting') {
    const why = connection.error ? `: ${safeLine(messageOf(connection.error))}` : '';
    return color.yellow(`⚡ the line is cut${why}; reconnecting…`);
  }
  // Something has been shown already, so this line is not the first.
  if (connection.state === 'connecting') return color.yellow('⚡ the line is cut; reconnecting…');
  return connection.state === 'polling' ? color.yellow('⚡ something holds the stream back; asking for pages instead') : undefined;
}

/** A head that says who does what since when, and the last lines of what was written. */
function panel(step: StepState, { plan, notes, now }: LiveModel, width: number, height: number, color: ChalkInstance): string[] {
  const stage = plan?.stages.find((planned) => planned.step === step.name);
  const parts = [color.bold(safeLine(step.id)), who(stage), stateOf(step, color), step.startedAt === undefined ? '' : color.dim(duration(now - Date.parse(step.startedAt)))];
  const head = `${color.cyan('┌')} ${parts.filter(Boolean).join('  ')}`;
  const text = step.text || step.reasoning;
  const body = text === '' ? noteOf(step, notes) : tail(text, width - 2, height);
  return [head, ...body.map((line) => `${color.cyan('│')} ${step.text === '' ? color.dim(line) : line}`)];
}

function who(stage: PlannedStage | undefined): string {
  if (!stage) return '';
  return safeLine(stage.persona === undefined ? stage.stage : `${stage.persona}: ${stage.stage}`);
}

function stateOf({ status, attempt, iteration, progress }: StepState, color: ChalkInstance): string {
  const parts: string[] = [];
  if (status === 'waiting') parts.push(color.magenta('waits for an answer'));
  if (attempt > 1) parts.push(color.yellow(`attempt ${attempt}`));
  if (iteration > 0) parts.push(`round ${iteration}`);
  if (progress > 0) parts.push(percent(progress));
  return parts.join(', ');
}

function noteOf({ id, prompt }: StepState, notes: ReadonlyMap<string, string>): string[] {
  const note = prompt ?? notes.get(id);
  return note === undefined ? [] : [safeLine(note)];
}

/** The last lines, as they would be wrapped. */
function tail(text: string, width: number, height: number): string[] {
  return wrapAnsi(safeText(text.slice(-MAX_TAIL)), Math.max(4, width), { hard: true, trim: false }).split('\n').slice(-height);
}
