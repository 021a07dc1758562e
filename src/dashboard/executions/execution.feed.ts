/**
 * One's executions, newest first, kept up to date: pages of the list as far as somebody has looked, and the events of all of
 * one's own from now on, which change rows in place and put new ones on top. What no event tells, such as a place in the queue
 * and, for admins, executions of others, comes with a look at the first page now and then.
 */
import { type RequestError } from '../../client/client.error.js';
import { type Connection } from '../../client/follow.js';
import { type StepcastClient } from '../../client/stepcast.client.js';
import { type ExecutionSummary } from '../../contract/api.js';
import { type EventType, type ExecutionEvent } from '../../contract/events.js';
import { type ExecutionFilter } from '../app/router.js';
import { advance, bornFrom, isNewerFirst } from './summary.js';

export interface FeedSnapshot {
  rows: readonly ExecutionSummary[];
  /** Whether there are older ones. */
  hasMore: boolean;
  isLoading: boolean;
  error: RequestError | Error | null;
  connection: Connection;
}

const PAGE = 100;
const FRAME_MS = 100;
const SOON_MS = 400;
const NOW_AND_THEN_MS = 10_000;
/** They tell all that a row shows, and leave out what is large or often. */
const TYPES: readonly EventType[] = ['workflow_started', 'workflow_resumed', 'workflow_completed', 'workflow_failed', 'workflow_cancelled', 'checkpoint_saved', 'input_required', 'input_received'];

export class ExecutionFeed {
  private readonly rows = new Map<string, ExecutionSummary>();
  private readonly listeners = new Set<() => void>();
  private snapshot: FeedSnapshot = { rows: [], hasMore: false, isLoading: true, error: null, connection: { state: 'connecting' } };
  private cursor: string | null = null;
  private isLoading = false;
  /** More was asked for while a page was on its way. */
  private wantsMore = false;
  private hasLooked = false;
  private error: Error | null = null;
  private connection: Connection = { state: 'connecting' };
  private closer: AbortController | undefined;
  private frame: ReturnType<typeof setTimeout> | undefined;
  private soon: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly client: Pick<StepcastClient, 'list' | 'streamSeveral'>, private readonly filter: ExecutionFilter) {}

  readonly getSnapshot = (): FeedSnapshot => this.snapshot;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    if (!this.closer) this.open();
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.close();
    };
  };

  /** The next page of older ones. */
  readonly loadMore = (): void => {
    if (this.isLoading) this.wantsMore = true;
    else if (this.cursor !== null) void this.load(this.cursor);
  };

  /** The first page again. */
  readonly refresh = (): void => {
    if (!this.isLoading) void this.load(undefined);
  };

  private open(): void {
    const closer = (this.closer = new AbortController());
    const { signal } = closer;
    void this.load(undefined);
    void this.follow(signal);
    const timer = setInterval(() => document.hidden || this.refresh(), NOW_AND_THEN_MS);
    const onVisible = () => document.hidden || this.refresh();
    document.addEventListener('visibilitychange', onVisible);
    signal.addEventListener('abort', () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', onVisible);
    });
  }

  private close(): void {
    this.closer?.abort();
    this.closer = undefined;
    clearTimeout(this.soon);
    this.soon = undefined;
  }

  private async follow(signal: AbortSignal): Promise<void> {
    const onConnection = (connection: Connection) => {
      // What happened between the first look and the line, or while it was cut and is too far back, the list tells.
      if (connection.state === 'live' && this.connection.state !== 'live') this.refreshSoon();
      this.connection = connection;
      this.plan();
    };
    try {
      for await (const event of this.client.streamSeveral({ from: 'latest', types: TYPES, signal, onConnection })) this.take(event);
    } catch (error) {
      if (signal.aborted) return;
      this.error = error as Error;
      this.plan();
    }
  }

  private async load(cursor: string | undefined): Promise<void> {
    const { closer } = this;
    if (!closer) return;
    this.isLoading = true;
    this.plan();
    try {
      const page = await this.client.list({ ...this.filter, limit: PAGE, ...(cursor === undefined ? {} : { cursor }), signal: closer.signal });
      for (const row of page.executions) this.put(row);
      // A look at the first page again says nothing of how far one has come.
      if (cursor !== undefined || !this.hasLooked) this.cursor = page.nextCursor;
      this.hasLooked = true;
      this.error = null;
    } catch (error) {
      if (!closer.signal.aborted) this.error = error as Error;
    }
    this.isLoading = false;
    this.plan();
    if (!this.wantsMore) return;
    this.wantsMore = false;
    this.loadMore();
  }

  private take(event: ExecutionEvent): void {
    const known = this.rows.get(event.executionId);
    const row = advance(known ?? bornFrom(event), event);
    if (row === known) return;
    this.put(row);
    if (!known || event.type === 'input_required' || event.type === 'input_received') this.refreshSoon();
    this.plan();
  }

  /** A row that is older than the one that is there does not take its place. */
  private put(row: ExecutionSummary): void {
    const known = this.rows.get(row.id);
    if (known && known.lastSeq > row.lastSeq) return;
    if (this.fits(row)) this.rows.set(row.id, known ? { ...known, ...row } : row);
    else this.rows.delete(row.id);
  }

  private fits(row: ExecutionSummary): boolean {
    const { status, workflow, sessionId } = this.filter;
    return (status === undefined || row.status === status) && (workflow === undefined || row.workflow === workflow) && (sessionId === undefined || row.sessionId === sessionId);
  }

  private refreshSoon(): void {
    this.soon ??= setTimeout(() => {
      this.soon = undefined;
      this.refresh();
    }, SOON_MS);
  }

  private plan(): void {
    this.frame ??= setTimeout(() => {
      this.frame = undefined;
      const { cursor, isLoading, error, connection } = this;
      this.snapshot = { rows: [...this.rows.values()].sort(isNewerFirst), hasMore: cursor !== null, isLoading, error, connection };
      for (const listener of [...this.listeners]) listener();
    }, FRAME_MS);
  }
}
