/**
 * The events of one open file. They are kept in the order in which they were made: a row holds what one execution gave
 * in one turn, and a commit adds its rows at the end of the table, however many executions they are of. A table that is
 * sorted by execution would change a page for each of them instead, at ten times the cost.
 *
 * Which rows an execution's log is made of is told by an index, and that is written late: for executions that run, it
 * is in memory. It goes to the file when an execution ends, every so many rows of it, and before its oldest row falls
 * behind the latest ones by `WINDOW`; so after a crash a look at the rows behind the mark brings back the rest.
 *
 * Memory also knows epoch, last event and progress of the executions that run, which spares most appends to touch
 * the record. It may be relied on because nobody else writes to the file (decision 0007); where a transaction was
 * undone, or nobody can say whether it was, memory is thrown away and read anew.
 */
import { TERMINAL_TYPES } from '../../contract/events.js';
import { EventBatch, type RecordedEvent } from '../event-batch.js';
import { type ExecutionRecord, type Head, type LogPage, type OwnedExecution, type Page, type PlacedBatch } from '../journal.types.js';
import { type BatchRow, bodyOf, eventsOf, runsOf, typesOf } from './sqlite.batch.js';
import { type Live, liveOf, NONE } from './sqlite.live.js';
import { type ExecutionRow, type OwnedRow, ownedOf, recordOf, type Statements } from './sqlite.statements.js';
import { fromText, toText } from './sqlite.text.js';

/** Characters of JSON in a row: a reader in the middle of it has to pass what comes before. */
const MAX_BODY = 64 * 1024;
/** Rows of one execution that wait for the index, twice: their ids and their last events. */
const MAX_UNINDEXED = 2 * 128;
/** Rows that an opening looks through at the most, and a little more. */
const WINDOW = 65_536;
/** Executions that fall out of the window are indexed so many a transaction. */
const INDEXED_AT_ONCE = 32;
/** The mark is moved by so many rows at least. */
const MARK_STEP = 4096;

/** Consecutive events of one execution from one owner. */
export interface PendingAppend {
  id: string;
  epoch: number;
  events: RecordedEvent[];
  head: Readonly<Head>;
  onLost: () => void;
  /** When the first of the events came (`performance.now()`). */
  recordedAt: number;
  /** Whether a transaction with it has been tried: where that failed, it may have gone through all the same. */
  tried: boolean;
}

export class SqliteLog {
  private readonly live = new Map<string, Live>();
  /** Those with rows that the index does not name, by the age of the oldest of these. */
  private readonly behind = new Set<Live>();
  private lastBatch = 0;
  /** Rows up to this one are in the index, or of nobody. */
  private mark = 0;

  constructor(readonly sql: Statements) {
    this.load();
  }

  /** Takes note of an execution that has just been inserted. */
  created(record: ExecutionRecord): void {
    this.live.set(record.id, liveOf(record, 0));
  }

  claim(id: string, countResume: boolean): OwnedExecution | undefined {
    const row = this.sql.claim.get(countResume ? 1 : 0, toText(id)) as OwnedRow | undefined;
    if (!row) return undefined;
    const owned = this.current(ownedOf(row));
    const live = this.live.get(id);
    // Last, so that an operation that is undone alone has changed nothing here.
    if (live) live.epoch = row.epoch;
    return owned;
  }

  /** The record with what memory knows better. */
  current<T extends ExecutionRecord>(record: T): T {
    const live = this.live.get(record.id);
    if (live) {
      record.lastSeq = live.lastSeq;
      record.progress = live.progress;
    }
    return record;
  }

  /** Within a transaction. False where the execution has another owner by now, has ended, or is gone. */
  append({ id, epoch, events, head, tried }: PendingAppend): boolean {
    const live = this.live.get(id);
    const last = events[events.length - 1] as RecordedEvent;
    // Where the commit before this one failed and went through all the same, what is there is not written again.
    if (!live) return tried && this.endedWith(id, epoch, last.seq);
    if (live.epoch !== epoch) return false;
    const stored = live.lastSeq - (events[0] as RecordedEvent).seq + 1;
    if (stored !== 0 && !(tried && stored > 0 && stored <= events.length)) return false;
    const ended = TERMINAL_TYPES.has(last.type);
    this.insert(live, stored === 0 ? events : events.slice(stored));
    if (ended || live.unindexed.length >= MAX_UNINDEXED) this.writeIndex(live);
    this.writeHead(live, head, ended);
    if (ended) this.live.delete(id);
    return true;
  }

  /** At the end of a transaction: keeps the rows few that an opening has to look through. */
  moveMark(): void {
    let count = 0;
    for (const live of this.behind) {
      if ((live.unindexed[0] as number) > this.lastBatch - WINDOW || count++ === INDEXED_AT_ONCE) break;
      this.writeIndex(live);
    }
    const [oldest] = this.behind;
    const mark = oldest ? (oldest.unindexed[0] as number) - 1 : this.lastBatch;
    if (mark - this.mark < MARK_STEP) return;
    this.sql.setMark.run(mark);
    this.mark = mark;
  }

  /** Events after `after`; nothing where there is no such execution. */
  read(id: string, after: number, page: Page): RecordedEvent[] | undefined {
    const live = this.live.get(id);
    const ordinal = live?.ordinal ?? (this.sql.ordinalOf.get(toText(id)) as { ordinal: number } | undefined)?.ordinal;
    if (ordinal === undefined) return undefined;
    const events: RecordedEvent[] = [];
    let length = 0;
    for (const row of this.batchesAfter(ordinal, live, after)) {
      for (const event of eventsOf(row, after)) {
        events.push(event);
        length += event.json.length;
        if (events.length >= page.limit || (page.maxLength !== undefined && length >= page.maxLength)) return events;
      }
    }
    return events;
  }

  /** The id of the last batch: where the log of all executions ends. */
  get position(): number {
    return this.lastBatch;
  }

  /** What all executions have given after a batch. */
  readAll(after: number, { limit, maxLength = Infinity }: Page): LogPage {
    const batches: PlacedBatch[] = [];
    let [position, removed, count, length] = [after, 0, 0, 0];
    for (const row of this.sql.batchesAfter.iterate(after) as Iterable<unknown> as Iterable<PlacedRow>) {
      // Ids follow one another; of what is missing, and of what has lost its execution, retention is the cause.
      removed += row.id - position - 1;
      position = row.id;
      if (row.execution_id === null) {
        removed++;
        continue;
      }
      const events = eventsOf(row, 0);
      batches.push({ batch: new EventBatch(fromText(row.execution_id), events), position });
      count += events.length;
      length += row.body.length;
      if (count >= limit || length >= maxLength) return { batches, position, removed };
    }
    return { batches, position: Math.max(position, this.lastBatch), removed: removed + Math.max(0, this.lastBatch - position) };
  }

  openCursor(name: string): number {
    const saved = this.sql.findCursor.get(toText(name)) as { position: number } | undefined;
    if (!saved) this.sql.saveCursor.run(toText(name), this.lastBatch);
    return saved?.position ?? this.lastBatch;
  }

  /** Removes a part of the events of an execution that is no more; false where none is left. */
  removeSome(ordinal: number): boolean {
    const [entry] = this.sql.indexAfter.all(ordinal, 0, 1) as unknown as IndexRow[];
    if (!entry) return false;
    for (const [first, last] of runsOf(JSON.parse(entry.batches) as number[], 0)) this.sql.deleteBatches.run(first, last);
    // Where these were the last ones, nothing else would tell that their ids were given.
    this.sql.setLastBatch.run(this.lastBatch);
    this.sql.deleteIndex.run(ordinal, entry.last_seq);
    return true;
  }

  private load(): void {
    const { sql } = this;
    this.mark = (sql.mark.get() as { batch: number } | undefined)?.batch ?? 0;
    const byOrdinal = new Map<number, Live>();
    for (const row of sql.unfinished.all() as unknown as ExecutionRow[]) {
      const live = liveOf(recordOf(row), (sql.lastIndexed.get(row.ordinal) as { last_seq: number | null }).last_seq ?? 0);
      this.live.set(fromText(row.id), live);
      byOrdinal.set(row.ordinal, live);
    }
    this.lastBatch = Math.max(this.mark, (sql.lastBatch.get() as { batch: number } | undefined)?.batch ?? 0);
    for (const row of sql.batchesBehind.iterate(this.mark) as Iterable<unknown> as Iterable<Omit<BatchRow, 'body'>>) {
      this.lastBatch = Math.max(this.lastBatch, row.id);
      const live = byOrdinal.get(row.execution);
      if (live && row.last_seq > live.lastSeq) this.added(live, row.id, row.last_seq);
    }
  }

  private insert(live: Live, events: readonly RecordedEvent[]): void {
    for (let from = 0, to = 0; from < events.length; from = to) {
      for (let length = 0; to < events.length && length < MAX_BODY; to++) length += (events[to] as RecordedEvent).json.length;
      const part = to - from === events.length ? events : events.slice(from, to);
      const { seq } = events[to - 1] as RecordedEvent;
      this.sql.insertBatch.run(++this.lastBatch, live.ordinal, seq, typesOf(part), bodyOf(part));
      this.added(live, this.lastBatch, seq);
    }
  }

  private added(live: Live, batch: number, lastSeq: number): void {
    if (live.unindexed.length === 0) {
      this.behind.add(live);
      live.unindexed = [batch, lastSeq];
    } else live.unindexed.push(batch, lastSeq);
    live.lastSeq = lastSeq;
  }

  private writeIndex(live: Live): void {
    if (live.unindexed.length === 0) return;
    this.sql.insertIndex.run(live.ordinal, live.lastSeq, JSON.stringify(live.unindexed));
    live.indexed = live.lastSeq;
    live.unindexed = NONE;
    this.behind.delete(live);
  }

  private writeHead(live: Live, head: Readonly<Head>, ended: boolean): void {
    const { status, progress, startedAt, finishedAt, error } = head;
    if (ended || status !== live.status) {
      this.sql.updateHead.run(status, progress, live.lastSeq, startedAt, finishedAt, error && JSON.stringify(error), live.ordinal);
    }
    live.status = status;
    live.progress = progress;
  }

  private endedWith(id: string, epoch: number, lastSeq: number): boolean {
    const row = this.sql.find.get(toText(id)) as ExecutionRow | undefined;
    return row?.epoch === epoch && row.finished_at !== null && row.last_seq === lastSeq;
  }

  private *batchesAfter(ordinal: number, live: Live | undefined, after: number): Iterable<BatchRow> {
    // Most readers of an execution that runs are at its end, which memory knows.
    if (live && after >= live.indexed) {
      yield* this.rowsOf(live.unindexed, after);
      return;
    }
    for (const { batches } of this.sql.indexAfter.iterate(ordinal, after, -1) as Iterable<unknown> as Iterable<IndexRow>) {
      yield* this.rowsOf(JSON.parse(batches) as number[], after);
    }
    if (live) yield* this.rowsOf(live.unindexed, after);
  }

  private *rowsOf(batches: readonly number[], after: number): Iterable<BatchRow> {
    for (const [first, last] of runsOf(batches, after)) {
      yield* this.sql.batches.iterate(first, last) as Iterable<unknown> as Iterable<BatchRow>;
    }
  }
}

interface PlacedRow extends Omit<BatchRow, 'execution'> {
  /** None where retention has taken the record already, and the events not yet. */
  execution_id: string | null;
}

interface IndexRow {
  last_seq: number;
  batches: string;
}
