/** What a socket follows: executions one by one, each from a cursor, and perhaps all of the user's own. */
import { type Subscription } from 'rxjs';
import { StepcastError } from '../../contract/errors.js';
import { hasSeenEnd } from '../../contract/state.js';
import { EventBatch } from '../../journal/event-batch.js';
import { type StreamMetrics } from '../../metrics/stream.metrics.js';
import { type StreamItem } from '../sse/frames.js';
import { followAll } from '../sse/multi.stream.js';
import { firstAfter } from '../sse/stream.request.js';
import { type SocketDesk, type SocketUser } from './socket.desk.js';
import { ALL_FORM, encodeForSocket } from './socket.frames.js';
import { type SocketLine } from './socket.line.js';
import { type SubscribeRequest, type Target } from './socket.requests.js';

/** As many as over one stream. */
export const MAX_SUBSCRIPTIONS = 100;

interface Followed {
  readonly target: Target;
  readonly request: SubscribeRequest;
  subscription?: Subscription;
  /** Where the client stands, where it has been told of any place. */
  cursor: string | undefined;
  /** Whether it knows: events that are filtered out move the cursor in silence. */
  told: boolean;
  /** Whether an event has been given, and whether that was the last. */
  begun: boolean;
  terminal: boolean;
}

type Say = (message: object) => void;

export class SocketSubscriptions {
  /** By execution; all of one's own under `undefined`. */
  private readonly followed = new Map<string | undefined, Followed>();
  private ended = false;

  /** @param close To be called where nothing more can be followed: the journal is closed. */
  constructor(
    private readonly line: SocketLine,
    private readonly desk: SocketDesk,
    private readonly metrics: StreamMetrics,
    private readonly user: SocketUser,
    private readonly close: () => void,
  ) {}

  /** Answers where it begins, and follows from there. @throws StepcastError `conflict`, `too_many_streams`, `not_found`, `gone`, `invalid_cursor` */
  async begin(request: SubscribeRequest, say: Say): Promise<void> {
    const { target, start } = request;
    this.checkRoom(target);
    const cursor = start.at === 'cursor' ? start.cursor : undefined;
    const followed: Followed = { target, request, cursor, told: true, begun: false, terminal: false };
    if ('all' in target) {
      await this.desk.checkAll(this.user, request);
      say({ type: 'subscribed', all: true, ...(cursor !== undefined && { cursor }) });
      this.follow(followed, followAll(this.desk.journal, this.user.principal.user, request, this.line.gate, ALL_FORM));
      return;
    }
    const record = await this.desk.find(this.user, target.executionId);
    const after = firstAfter(start, record.lastSeq);
    followed.cursor = String(after);
    say({ type: 'subscribed', executionId: record.id, after, lastSeq: record.lastSeq, status: record.status });
    if (hasSeenEnd(record, after)) this.line.say(endOf(followed));
    else this.follow(followed, this.desk.journal.follow(record.id, after, this.line.gate));
  }

  /** Answers where the client stands. @throws StepcastError `not_found` */
  end(target: Target): object {
    const followed = this.followed.get(keyOf(target));
    if (!followed) throw new StepcastError('not_found', 'this is not followed over this connection');
    this.leave(followed);
    return { type: 'unsubscribed', ...placeOf(followed) };
  }

  endAll(): void {
    this.ended = true;
    for (const followed of [...this.followed.values()]) this.leave(followed);
  }

  /** Where the client stands in each, to resume from. */
  cursors(): Record<string, number | string> {
    const entries = [...this.followed.values()].flatMap((followed) => {
      followed.told = true;
      return followed.cursor === undefined ? [] : [[keyOf(followed.target) ?? 'all', 'all' in followed.target ? followed.cursor : Number(followed.cursor)] as const];
    });
    return Object.fromEntries(entries);
  }

  /** Places that filters have moved the client to in silence (P10). */
  untold(): object[] {
    const untold = [...this.followed.values()].filter(({ told }) => !told);
    for (const followed of untold) followed.told = true;
    return untold.map((followed) => ({ type: 'cursor', ...placeOf(followed) }));
  }

  private checkRoom(target: Target): void {
    if (this.followed.has(keyOf(target))) {
      throw new StepcastError('conflict', 'this is followed over this connection already; unsubscribe first, or go on with what you have');
    }
    if (this.followed.size >= MAX_SUBSCRIPTIONS) {
      throw new StepcastError('too_many_streams', `${MAX_SUBSCRIPTIONS} subscriptions are open over this connection, and no more are allowed; end one, or subscribe to all of your own`);
    }
  }

  private follow(followed: Followed, items: { subscribe(observer: { next(item: StreamItem): void; error(error: unknown): void; complete(): void }): Subscription }): void {
    if (this.ended) return;
    this.followed.set(keyOf(followed.target), followed);
    if (followed.request.start.at === 'cursor') this.metrics.resuming();
    const subscription = items.subscribe({
      next: (item) => this.give(followed, item),
      error: (error) => {
        this.leave(followed);
        this.line.say(this.desk.refusal(error, this.user, followed.request));
      },
      complete: () => {
        this.leave(followed);
        if (followed.terminal) this.line.say(endOf(followed));
        else this.close();
      },
    });
    followed.subscription = subscription;
    if (this.followed.get(keyOf(followed.target)) !== followed) subscription.unsubscribe();
  }

  private give(followed: Followed, item: StreamItem): void {
    const chunk = item instanceof EventBatch ? encodeForSocket(item, followed.request.view) : item;
    followed.cursor = chunk.cursor;
    followed.told = chunk.told;
    if (item instanceof EventBatch) followed.terminal = item.terminal;
    if (!followed.begun && chunk.written) {
      followed.begun = true;
      if (chunk.written.recordedAt === undefined) this.metrics.replaying();
    }
    this.line.write(chunk);
  }

  private leave(followed: Followed): void {
    const key = keyOf(followed.target);
    if (this.followed.get(key) === followed) this.followed.delete(key);
    followed.subscription?.unsubscribe();
  }
}

function keyOf(target: Target): string | undefined {
  return 'all' in target ? undefined : target.executionId;
}

function placeOf({ target, cursor }: Followed): object {
  if ('all' in target) return { all: true, ...(cursor !== undefined && { cursor }) };
  return { executionId: target.executionId, after: Number(cursor) };
}

/** The execution has ended, and the client has been sent all of it. */
function endOf(followed: Followed): object {
  return { type: 'ended', ...placeOf(followed) };
}
