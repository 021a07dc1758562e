/**
 * Several logs over one connection. Each event's `id` is a cursor over all of them, so that a cut line resumes each
 * exactly where it was; within one execution the order is that of its log, between executions it is as they come.
 */
import { defer, map, merge, Observable, of } from 'rxjs';
import { type ExecutionStatus, FINISHED_STATUSES, hasSeenEnd } from '../../contract/state.js';
import { type EventBatch, type RecordedEvent } from '../../journal/event-batch.js';
import { type Journal } from '../../journal/journal.js';
import { type ExecutionRecord, type ReadyGate } from '../../journal/journal.types.js';
import { isRemoved } from '../../journal/removed.js';
import { bytesOf, cursorChunk, cursorFrame, type FrameView, frameOf, shows, type StreamChunk } from './frames.js';
import { MultiCursor } from './multi.cursor.js';
import { beginsLate, parseSeq, type StartAt, type StreamRequest } from './stream.request.js';

type Listed = Pick<ExecutionRecord, 'id' | 'ordinal' | 'status' | 'lastSeq'>;

/** How a connection carries events and cursors: as frames of text, and all of a chunk's as bytes. */
export interface SeveralForm {
  event(event: RecordedEvent, cursor: string, view: FrameView): string;
  cursor(cursor: string): string;
  bytes(frames: readonly string[]): Pick<StreamChunk, 'bytes' | 'framed'>;
}

const SSE_FORM: SeveralForm = {
  event: (event, cursor, { named }) => frameOf(event, cursor, named),
  cursor: cursorFrame,
  bytes: (frames) => bytesOf(frames.join('')),
};

const LIST_PAGE = 100;
const UNFINISHED: readonly ExecutionStatus[] = ['queued', 'running', 'waiting'];

/** The cursor that a request begins with, over the executions it names. @throws StepcastError `invalid_cursor` */
export function severalCursor(records: readonly Listed[], { start }: StreamRequest): MultiCursor {
  const cursor = cursorOf(start);
  for (const record of records) place(record, cursor, start);
  return cursor;
}

/** Executions of which the reader has not seen the end. */
export function leftOver(records: readonly Listed[], cursor: MultiCursor): Listed[] {
  return records.filter((record) => {
    const after = cursor.after(record.ordinal);
    return after !== undefined && !hasSeenEnd(record, after);
  });
}

/** Refuses what `followAll` would fail for, while a real status can still answer. @throws StepcastError `invalid_cursor` */
export async function checkAll(journal: Journal, user: string, { start }: Pick<StreamRequest, 'start'>): Promise<void> {
  if (start.at !== 'cursor') return;
  const cursor = cursorOf(start);
  cursor.checkMark(await journal.lastOrdinal(), start.path);
  for await (const record of begun(user, journal, cursor)) place(record, cursor, start);
}

/** Completes after the last terminal event. */
export function followSeveral(journal: Journal, records: readonly Listed[], request: StreamRequest, gate: ReadyGate): Observable<StreamChunk> {
  return defer(() => {
    const cursor = severalCursor(records, request);
    const begin = beginsLate(request.start) ? [of(cursorChunk(cursor.toString()))] : [];
    return merge(...begin, ...leftOver(records, cursor).map((record) => followOne(journal, record, cursor, request.view, gate)));
  });
}

/**
 * All executions of a user, in the order of their start: finished ones one after the other, unfinished and new ones side
 * by side. Never completes.
 */
export function followAll(journal: Journal, user: string, { start, view }: Pick<StreamRequest, 'start' | 'view'>, gate: ReadyGate, form = SSE_FORM): Observable<StreamChunk> {
  return new Observable((subscriber) => {
    const run = async () => {
      const now = beginsLate(start) ? await standing(journal, user) : undefined;
      const fromEnd = now !== undefined && beginsAtEnd(start, now);
      const cursor = fromEnd ? await liveEnd(journal, user, now) : cursorOf(start);
      if (fromEnd) subscriber.next({ ...form.bytes([form.cursor(cursor.toString())]), cursor: cursor.toString(), told: true });
      for await (const record of executionsOf(user, journal, cursor, (close) => subscriber.add(close))) {
        if (subscriber.closed) return;
        if (fromEnd) cursor.begin(record.ordinal);
        else place(now ? asOf(now, record) : record, cursor, start);
        if (leftOver([record], cursor).length === 0) continue;
        const followed = new Promise<void>((resolve) => {
          subscriber.add(followOne(journal, record, cursor, view, gate, form).subscribe({
            next: (chunk) => subscriber.next(chunk),
            error: (error: unknown) => {
              if (!isRemoved(error)) return subscriber.error(error);
              // By retention, since it was listed: to begin a moment later would have been the same.
              cursor.finish(record.ordinal);
              resolve();
            },
            complete: resolve,
          }));
        });
        if (FINISHED_STATUSES.has(record.status)) await followed;
      }
    };
    run().catch((error: unknown) => subscriber.error(error));
  });
}

/** How all of a user's executions stand at one moment. */
interface Standing {
  /** The ordinal of the newest. */
  mark: number;
  /** Where the log of each that is unfinished ends, by its ordinal. */
  ends: ReadonlyMap<number, number>;
}

async function standing(journal: Journal, user: string): Promise<Standing> {
  const [newest] = await journal.list({ user, limit: 1 });
  const unfinished = await Promise.all(UNFINISHED.map((status) => journal.list({ user, status, after: 0, limit: 10_000 })));
  return { mark: newest?.ordinal ?? 0, ends: new Map(unfinished.flat().map(({ ordinal, lastSeq }) => [ordinal, lastSeq])) };
}

/** The last n of nothing, and the last none, are the live end. */
function beginsAtEnd(start: StartAt, { mark }: Standing): boolean {
  return start.at === 'latest' || (start.at === 'last' && start.count === 0) || mark === 0;
}

/** An execution as it stood then: behind a long past it is listed much later, and what it has told since then is not its past. */
function asOf({ mark, ends }: Standing, record: Listed): Listed {
  return { ...record, lastSeq: record.ordinal > mark ? 0 : (ends.get(record.ordinal) ?? record.lastSeq) };
}

/** The cursor of who has seen all there was then. */
async function liveEnd(journal: Journal, user: string, { mark, ends }: Standing): Promise<MultiCursor> {
  const waiting = new Set([...ends].filter(([, lastSeq]) => lastSeq === 0).map(([ordinal]) => ordinal));
  const youngest = await journal.list({ user, before: mark + 1, limit: waiting.size + 1 });
  const cursor = MultiCursor.at(mark, youngest.find(({ ordinal }) => !waiting.has(ordinal))?.ordinal ?? 0);
  // One that was started since is newer than the mark, and begins with its first event.
  for (const [ordinal, lastSeq] of ends) if (ordinal <= cursor.mark) cursor.set(ordinal, lastSeq);
  return cursor;
}

/** What the reader has not seen yet of the past, oldest first, and then every execution that is started. */
async function* executionsOf(user: string, journal: Journal, cursor: MultiCursor, onClose: (close: () => void) => void): AsyncGenerator<Listed> {
  // Listening before the past is listed, so that no start falls between the two.
  const started: Listed[] = [];
  let wake = () => {};
  const listening = journal.commits$.subscribe(({ created }) => {
    started.push(...created.filter((record) => record.user === user));
    wake();
  });
  onClose(() => {
    listening.unsubscribe();
    wake();
  });

  yield* begun(user, journal, cursor);
  for (let after = cursor.mark; ; ) {
    const page = await journal.list({ user, after, limit: LIST_PAGE });
    yield* page;
    if (page.length < LIST_PAGE) break;
    after = (page[page.length - 1] as Listed).ordinal;
  }
  while (!listening.closed) {
    const next = started.shift();
    // Those that the list of the past held as well are begun already.
    if (next && next.ordinal > cursor.mark) yield next;
    else if (!next) await new Promise<void>((resolve) => (wake = resolve));
  }
}

/** The executions that the reader is in the middle of. */
async function* begun(user: string, journal: Journal, cursor: MultiCursor): AsyncGenerator<Listed> {
  for (const ordinal of cursor.open()) yield* await journal.list({ user, after: ordinal - 1, before: ordinal + 1, limit: 1 });
}

function cursorOf(start: StartAt): MultiCursor {
  return start.at === 'cursor' ? MultiCursor.parse(start.cursor, start.path) : MultiCursor.start();
}

/** Puts the reader where its request says it begins in this execution. */
function place({ ordinal, lastSeq }: Listed, cursor: MultiCursor, start: StartAt): void {
  const after = cursor.after(ordinal);
  if (start.at === 'cursor') {
    if (after !== undefined) cursor.set(ordinal, parseSeq(String(after), start.path, lastSeq));
    return;
  }
  if (start.at === 'first') cursor.set(ordinal, 0);
  else cursor.set(ordinal, start.at === 'latest' ? lastSeq : Math.max(0, lastSeq - start.count));
}

function followOne(journal: Journal, { id, ordinal }: Listed, cursor: MultiCursor, view: FrameView, gate: ReadyGate, form = SSE_FORM): Observable<StreamChunk> {
  return defer(() => journal.follow(id, cursor.after(ordinal) ?? 0, gate)).pipe(map((batch) => encode(batch, ordinal, cursor, view, form)));
}

function encode(batch: EventBatch, ordinal: number, cursor: MultiCursor, view: FrameView, form: SeveralForm): StreamChunk {
  const frames: string[] = [];
  let told = true;
  for (const event of batch.events) {
    cursor.set(ordinal, event.seq);
    if (batch.terminal && event.seq === batch.lastSeq) cursor.finish(ordinal);
    told = shows(view, event);
    if (told) frames.push(form.event(event, cursor.toString(), view));
  }
  return { ...form.bytes(frames), cursor: cursor.toString(), told, written: { events: frames.length, recordedAt: batch.recordedAt, writes: 0 } };
}
