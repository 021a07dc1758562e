import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type StepcastClient, type StreamSeveralOptions } from '../../client/stepcast.client.js';
import { type ExecutionList, type ExecutionSummary } from '../../contract/api.js';
import { type ExecutionEvent } from '../../contract/events.js';
import { ExecutionFeed, type FeedSnapshot } from './execution.feed.js';
import { bornFrom } from './summary.js';

const event = (id: string, seq: number, type: string): ExecutionEvent => ({ seq, type, executionId: id, workflow: 'w', timestamp: `2026-11-20T08:00:0${seq}.000Z`, progress: 0, data: {} } as unknown as ExecutionEvent);
const row = (id: string): ExecutionSummary => ({ ...bornFrom(event(id, 1, 'workflow_started')), createdAt: `2026-11-20T07:00:0${id}.000Z`, status: 'completed', lastSeq: 9 });

/** A service that answers and tells when a test says so. */
class Service implements Pick<StepcastClient, 'list' | 'streamSeveral'> {
  readonly asked: { cursor: string | undefined; answer: (list: ExecutionList) => void }[] = [];
  private tell: (event: ExecutionEvent) => void = () => {};

  list({ cursor }: { cursor?: string } = {}): Promise<ExecutionList> {
    return new Promise((answer) => this.asked.push({ cursor, answer }));
  }

  async *streamSeveral({ signal }: StreamSeveralOptions = {}): AsyncGenerator<ExecutionEvent, void> {
    while (!signal?.aborted) yield await new Promise<ExecutionEvent>((tell) => (this.tell = tell));
  }

  async happen(...events: ExecutionEvent[]): Promise<void> {
    for (const one of events) {
      this.tell(one);
      await new Promise((turn) => setImmediate(turn));
    }
  }
}

// It looks whether its tab is in sight.
Object.assign(globalThis, { document: Object.assign(new EventTarget(), { hidden: false }) });

describe('the list of executions', () => {
  let leave: () => void;
  let feed: ExecutionFeed;
  let service: Service;
  const until = (test: (snapshot: FeedSnapshot) => boolean) => new Promise<FeedSnapshot>((resolve) => {
    const stop = feed.subscribe(look);
    function look(): void {
      const snapshot = feed.getSnapshot();
      if (!test(snapshot)) return;
      setImmediate(() => stop());
      resolve(snapshot);
    }
    look();
  });
  const ids = ({ rows }: FeedSnapshot) => rows.map(({ id }) => id).join('');

  beforeEach(() => {
    service = new Service();
    feed = new ExecutionFeed(service, {});
    leave = feed.subscribe(() => {});
  });
  afterEach(() => leave());

  it('goes on with the page after those it has, though it was told of one before the first page came', async () => {
    await service.happen(event('9', 1, 'workflow_started'));
    service.asked[0]?.answer({ executions: [row('3'), row('2')], nextCursor: 'older' });
    expect(ids(await until(({ rows, hasMore }) => rows.length === 3 && hasMore))).toBe('932');
    feed.loadMore();
    const more = service.asked.find(({ cursor }) => cursor === 'older');
    more?.answer({ executions: [row('1')], nextCursor: null });
    expect(ids(await until(({ hasMore }) => !hasMore))).toBe('9321');
  });

  it('gets more once what is on its way has come, when it was asked for meanwhile', async () => {
    feed.loadMore();
    service.asked[0]?.answer({ executions: [row('3')], nextCursor: 'older' });
    await until(({ hasMore }) => hasMore);
    expect(service.asked.map(({ cursor }) => cursor)).toEqual([undefined, 'older']);
  });

  it('changes rows in place, and is not set back by a page that is older than what it was told', async () => {
    await service.happen(event('9', 1, 'workflow_started'), event('9', 2, 'workflow_completed'));
    service.asked[0]?.answer({ executions: [{ ...row('9'), status: 'running', lastSeq: 1 }], nextCursor: null });
    const { rows } = await until(({ isLoading }) => !isLoading);
    expect(rows).toMatchObject([{ id: '9', status: 'completed', lastSeq: 2 }]);
  });
});
