/**
 * When each step ran: a row a step, a bar an attempt, with the times it waited for a person. Made from the events one by one, and
 * only ever added to; how it stood at an earlier event is what lies before it (`clip`), so that a replay needs no second one.
 */
import { isComposite, type StepType } from '../../../contract/definition.js';
import { type ExecutionEvent, type StepInfo, TERMINAL_TYPES } from '../../../contract/events.js';

export type BarStatus = 'running' | 'completed' | 'failed' | 'retried' | 'interrupted' | 'cancelled';

/** An attempt; times are milliseconds since the epoch, by the clock of the service. */
export interface Bar {
  attempt: number;
  startSeq: number;
  startMs: number;
  /** Both absent while it goes on. */
  endSeq?: number;
  endMs?: number;
  status: BarStatus;
  waits: Wait[];
}

export interface Wait {
  startSeq: number;
  startMs: number;
  endSeq?: number;
  endMs?: number;
}

export interface TimelineRow {
  id: string;
  name: string;
  type: StepType;
  /** The round it is of, where a loop is right above it. */
  round: number | undefined;
  /** Levels above it. */
  depth: number;
  /** Of the first event that names it. */
  firstSeq: number;
  bars: Bar[];
  children: TimelineRow[];
}

export class Timeline {
  readonly roots: TimelineRow[] = [];
  startMs = Infinity;
  /** Of the latest event. */
  endMs = -Infinity;
  /** Goes up with each row that is new. */
  size = 0;
  private readonly rows = new Map<string, TimelineRow>();

  apply(event: ExecutionEvent): void {
    const ms = Date.parse(event.timestamp);
    this.startMs = Math.min(this.startMs, ms);
    this.endMs = Math.max(this.endMs, ms);
    const { seq, step } = event;
    switch (event.type) {
      case 'step_started':
        this.begin(event.step, seq, ms);
        break;
      case 'step_completed':
      case 'step_failed':
      case 'step_cancelled':
        this.end(event.step.id, seq, ms, event.type.slice('step_'.length) as BarStatus);
        break;
      case 'step_retrying':
        this.end(event.step.id, seq, ms, 'retried');
        break;
      case 'input_required':
        openBar(this.rows.get(event.step.id))?.waits.push({ startSeq: seq, startMs: ms });
        break;
      case 'input_received':
        endWait(openBar(this.rows.get(event.step.id)), seq, ms);
        break;
      case 'workflow_resumed':
        // Leaves are started anew; composites go on (P11).
        for (const row of this.rows.values()) if (!isComposite(row.type)) close(row, seq, ms, 'interrupted');
        break;
      default:
        if (TERMINAL_TYPES.has(event.type)) for (const row of this.rows.values()) close(row, seq, ms, 'cancelled');
        else if (step) this.rowOf(step, seq);
    }
  }

  row(id: string): TimelineRow | undefined {
    return this.rows.get(id);
  }

  private begin(step: StepInfo, seq: number, ms: number): void {
    const row = this.rowOf(step, seq);
    close(row, seq, ms, 'interrupted');
    row.bars.push({ attempt: step.attempt, startSeq: seq, startMs: ms, status: 'running', waits: [] });
  }

  private end(id: string, seq: number, ms: number, status: BarStatus): void {
    const row = this.rows.get(id);
    if (row) close(row, seq, ms, status);
  }

  private rowOf({ id, name, type }: StepInfo, seq: number): TimelineRow {
    const known = this.rows.get(id);
    if (known) return known;
    const { parent, round } = placeOf(id);
    const above = parent === undefined ? undefined : this.rows.get(parent);
    const row: TimelineRow = { id, name, type, round, depth: above ? above.depth + 1 : 0, firstSeq: seq, bars: [], children: [] };
    (above?.children ?? this.roots).push(row);
    this.rows.set(id, row);
    this.size++;
    return row;
  }
}

/** The bars as they stood after event `seq`, which came at `ms`. */
export function clip(bars: readonly Bar[], seq: number): Bar[] {
  return bars.filter(({ startSeq }) => startSeq <= seq).map((bar) => {
    const waits = bar.waits.filter(({ startSeq }) => startSeq <= seq).map((wait) => (isOpenAt(wait, seq) ? { startSeq: wait.startSeq, startMs: wait.startMs } : wait));
    const { attempt, startSeq, startMs } = bar;
    return isOpenAt(bar, seq) ? { attempt, startSeq, startMs, status: 'running', waits } : { ...bar, waits };
  });
}

/** The rows in the order they are shown, without what lies below those that are closed, and what had not begun at `seq`. */
export function visibleRows(roots: readonly TimelineRow[], closed: ReadonlySet<string>, seq = Infinity): TimelineRow[] {
  const visible: TimelineRow[] = [];
  const walk = (rows: readonly TimelineRow[]) => {
    for (const row of rows) {
      if (row.firstSeq > seq) continue;
      visible.push(row);
      if (!closed.has(row.id)) walk(row.children);
    }
  };
  walk(roots);
  return visible;
}

/** The step that one lies in, and its round there, where that is a loop: `refine` and 2 of `refine[2]/critic`. */
export function placeOf(id: string): { parent: string | undefined; round: number | undefined } {
  const match = /^(.*?)(?:\[(\d+)\])?\/[^/]+$/.exec(id);
  return { parent: match?.[1], round: match?.[2] === undefined ? undefined : Number(match[2]) };
}

function isOpenAt({ endSeq }: { endSeq?: number }, seq: number): boolean {
  return endSeq === undefined || endSeq > seq;
}

function openBar(row: TimelineRow | undefined): Bar | undefined {
  const bar = row?.bars.at(-1);
  return bar?.endSeq === undefined ? bar : undefined;
}

function close(row: TimelineRow, seq: number, ms: number, status: BarStatus): void {
  const bar = openBar(row);
  if (!bar) return;
  endWait(bar, seq, ms);
  Object.assign(bar, { endSeq: seq, endMs: ms, status });
}

function endWait(bar: Bar | undefined, seq: number, ms: number): void {
  const wait = bar?.waits.at(-1);
  if (wait && wait.endSeq === undefined) Object.assign(wait, { endSeq: seq, endMs: ms });
}
