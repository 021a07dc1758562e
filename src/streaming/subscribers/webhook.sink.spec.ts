import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '../../../test/support/patience.js';
import { attach, Watched } from '../../../test/support/subscribers.js';
import { type Answering, isSigned, SECRET, SECRET_KEY, WebhookReceiver } from '../../../test/support/webhook-receiver.js';
import { Owner } from '../../journal/conformance/fixture.conformance.js';
import { SqliteJournal } from '../../journal/sqlite/sqlite-journal.js';
import { type LogReader } from './log.reader.js';
import { type WebhookOptions } from './subscriber.options.js';
import { WebhookSink } from './webhook.sink.js';

let journal: SqliteJournal;
let owner: Owner;
let receiver: WebhookReceiver;
let watched: Watched;
let readers: LogReader[];
beforeEach(async () => {
  journal = new SqliteJournal({ dataDir: ':memory:' });
  await journal.open();
  owner = await Owner.start(journal);
  receiver = await WebhookReceiver.start();
  watched = new Watched();
  readers = [];
});
afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all(readers.map((reader) => reader.stop(0)));
  await receiver.close();
  await journal.close();
});

const FAST = { minDelayMs: 1, maxDelayMs: 4 };
const time = { now: Date.now, random: () => 0.5 };
const hook = async (options: Partial<WebhookOptions> = {}) => {
  const sink = new WebhookSink({ name: 'it', url: receiver.url, secret: SECRET, ...FAST, ...options }, watched.watch, time);
  const reader = await attach(journal, sink, { cursor: 'webhook:it', watched });
  readers.push(reader);
  return reader;
};
const commit = async (count = 1, of = owner) => {
  of.append(count);
  await journal.flushed();
};
const taken = (count: number) => receiver.until(() => receiver.taken.length >= count, `${count} deliveries`);
/** Answers the first so many times in a way of its own. */
const first = (times: number, answer: Answering) => {
  receiver.answer = (response, delivery) => (times-- > 0 ? answer(response, delivery) : void response.writeHead(204).end());
};

describe('a webhook', () => {
  it('posts each event as it is, signed, with an id that tells it from all others', async () => {
    await hook();
    await commit(3);
    await taken(3);
    expect(receiver.taken.map(({ body }) => body)).toEqual(owner.log);
    expect(receiver.taken.map(({ id }) => id)).toEqual([1, 2, 3].map((seq) => `${owner.id}/${seq}`));
    expect(receiver.taken.every((delivery) => isSigned(delivery))).toBe(true);
    expect(receiver.taken.some((delivery) => isSigned({ ...delivery, body: `${delivery.body} ` }))).toBe(false);
    expect(receiver.taken[0]?.headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': 'Stepcast' });
    await eventually(async () => (await watched.count('events_total')) === 3, 'the count');
  });

  it('signs with each of its secrets while they change', async () => {
    const next = Buffer.alloc(32, 7);
    await hook({ secret: [SECRET, `whsec_${next.toString('base64')}`] });
    await commit();
    await taken(1);
    expect([SECRET_KEY, next].map((key) => isSigned(receiver.taken[0] as never, key))).toEqual([true, true]);
  });

  it('sends again what was refused, with the same id and body, and in order', async () => {
    first(4, (response) => void response.writeHead(500).end('no'));
    await hook();
    await commit(3);
    await taken(3);
    expect(receiver.received.map(({ id }) => id.split('/')[1])).toEqual(['1', '1', '1', '1', '1', '2', '3']);
    expect(receiver.taken.map(({ body }) => body)).toEqual(owner.log);
    expect(receiver.received.every((delivery) => isSigned(delivery))).toBe(true);
  });

  it('tells of failures once per kind, however often it fails and is well again, and counts each', async () => {
    let answers = 0;
    first(10, (response) => void response.writeHead(answers++ % 2 ? 500 : 503).end());
    await hook();
    await commit();
    await taken(1);
    first(6, (response) => void response.writeHead(answers++ % 2 ? 500 : 503).end());
    await commit();
    await taken(2);
    expect(watched.told).toEqual([expect.stringContaining('answered 503'), expect.stringContaining('answered 500')]);
    expect(await watched.count('errors_total')).toBe(16);
  });

  it('survives a receiver that hangs, cuts the line, or is not there', async () => {
    let kind = 0;
    first(2, (response) => void (kind++ === 0 ? undefined : response.destroy()));
    await hook({ timeoutMs: 300 });
    await commit();
    await taken(1);
    await receiver.close();
    await commit(2);
    await eventually(async () => (await watched.count('errors_total')) > 5, 'failures');
    await receiver.listen();
    await taken(3);
    expect(receiver.logs().get(owner.id)).toEqual(owner.log);
    expect(watched.told.join('\n')).toMatch(/did not answer within 300 ms[^]*cannot be reached/);
  });

  it('takes an answer for what it says first, whatever becomes of the rest of it', async () => {
    receiver.answer = (response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('so far', () => response.destroy());
    };
    await hook();
    await commit(2);
    await eventually(async () => (await watched.count('events_total')) === 2, 'both events');
    expect([receiver.received.length, await watched.count('errors_total')]).toEqual([2, 0]);
  });

  it('does not follow redirects', async () => {
    const elsewhere = await WebhookReceiver.start();
    first(2, (response) => void response.writeHead(307, { location: elsewhere.url }).end());
    await hook();
    await commit();
    await taken(1);
    expect(elsewhere.received).toEqual([]);
    expect(watched.told[0]).toContain('answered 307, and redirects are not followed');
    await elsewhere.close();
  });

  it('leaves a receiver alone for as long as it asks to, with every execution', async () => {
    const other = await Owner.start(journal);
    const times: number[] = [];
    receiver.answer = (response) => {
      times.push(performance.now());
      response.writeHead(times.length === 1 ? 429 : 204, times.length === 1 ? { 'retry-after': '0.4' } : {}).end();
    };
    await hook({ concurrency: 1 });
    owner.append();
    await commit(1, other);
    await taken(2);
    expect((times[1] as number) - (times[0] as number)).toBeGreaterThanOrEqual(395);
  });

  it('leaves it alone for an hour at the most, with executions that are on their way beside, too', async () => {
    const other = await Owner.start(journal);
    const wait = jest.spyOn(globalThis, 'setTimeout');
    const waits = () => wait.mock.calls.map(([, ms = 0]) => ms).filter((ms) => ms > 30 * 60_000);
    let answerOther = () => {};
    receiver.answer = (response, { event }) => {
      if (event.executionId === owner.id) response.writeHead(429, { 'retry-after': '86400' }).end();
      else answerOther = () => void response.writeHead(204).end();
    };
    await hook();
    owner.append();
    await commit(2, other);
    await receiver.until(() => receiver.received.length === 2, 'one of each');
    await eventually(() => waits().length === 1, 'the wait of the one');
    answerOther();
    await eventually(() => waits().length === 2, 'the wait of the other');
    expect(waits()[0]).toBe(60 * 60_000);
    expect(waits()[1]).toBeLessThanOrEqual(60 * 60_000);
    expect(receiver.received).toHaveLength(2);
  });

  it('waits for no end of an answer that has none', async () => {
    receiver.answer = (response) => void response.writeHead(200).write('x'.repeat(256 * 1024));
    await hook({ timeoutMs: 24 * 60 * 60 * 1000 });
    await commit(2);
    await eventually(async () => (await watched.count('events_total')) === 2, 'both events');
    expect(await watched.count('errors_total')).toBe(0);
  });

  it('sends the events of one execution one after the other, those of others beside', async () => {
    const other = await Owner.start(journal);
    const held: (() => void)[] = [];
    receiver.answer = (response, { event }) => {
      if (event.executionId === owner.id && event.seq === 1) held.push(() => void response.writeHead(204).end());
      else response.writeHead(204).end();
    };
    await hook();
    owner.append(3);
    await commit(3, other);
    await receiver.until(() => receiver.logs().get(other.id)?.length === 3, 'all of the other');
    expect(receiver.received.filter(({ event }) => event.executionId === owner.id)).toHaveLength(1);
    held[0]?.();
    await taken(6);
    expect(receiver.logs().get(owner.id)).toEqual(owner.log);
  });

  it('sends several events of an execution together where it is told to', async () => {
    await hook({ batch: 3 });
    await commit(7);
    await taken(3);
    const bodies = receiver.taken.map(({ body }) => JSON.parse(body) as { type: string; timestamp: string; data: { events: unknown[] } });
    expect(bodies.map(({ type, data }) => [type, data.events.length])).toEqual([['batch', 3], ['batch', 3], ['batch', 1]]);
    expect(bodies.flatMap(({ data }) => data.events)).toEqual(owner.log.map((json) => JSON.parse(json) as unknown));
    // Of the last in it: who has had one with this id has had all up to there, however they were put together.
    expect(receiver.taken.map(({ id }) => id)).toEqual([3, 6, 7].map((seq) => `${owner.id}/${seq}`));
  });

  it('sends no more together than a receiver takes at once, however many it is told to', async () => {
    await hook({ batch: 100 });
    owner.append(7, 'x'.repeat(100_000));
    await commit(0);
    await taken(3);
    const counts = receiver.taken.map(({ body }) => (JSON.parse(body) as { data: { events: unknown[] } }).data.events.length);
    expect(counts).toEqual([3, 3, 1]);
  });

  it('that has failed for too long counts as dead once, is tried all the same, and keeps its place', async () => {
    watched = new Watched(30);
    receiver.answer = (response) => void response.writeHead(500).end();
    const reader = await hook();
    await commit(2);
    await eventually(async () => (await watched.count('dead_total')) === 1, 'the report');
    const before = receiver.received.length;
    await receiver.until(() => receiver.received.length > before + 3, 'more tries');
    expect([await watched.count('dead_total'), watched.told.filter((line) => line.includes('counts as dead')).length]).toEqual([1, 1]);
    await reader.stop(0);
    watched = new Watched();
    receiver.answer = (response) => void response.writeHead(204).end();
    await hook();
    await taken(2);
    expect(receiver.logs().get(owner.id)).toEqual(owner.log);
  });

  it('takes a 410 for the wish to get no more: reported at once, and tried rarely', async () => {
    first(1, (response) => void response.writeHead(410).end());
    await hook();
    await commit();
    await eventually(async () => (await watched.count('dead_total')) === 1, 'the report');
    await taken(1);
    await eventually(() => watched.told.at(-1)?.includes('well again'), 'the recovery');
    expect(watched.told.join()).toContain('wants no more');
  });

  it('whose receiver fails holds up neither another one nor the executions', async () => {
    receiver.answer = () => undefined;
    const other = await WebhookReceiver.start();
    await hook();
    const sink = new WebhookSink({ name: 'other', url: other.url, secret: SECRET }, new Watched().watch, time);
    readers.push(await attach(journal, sink, { cursor: 'webhook:other' }));
    for (let i = 0; i < 20; i++) await commit();
    await other.until(() => other.taken.length === 20, 'all at the other');
    expect(other.logs().get(owner.id)).toEqual(owner.log);
    expect(receiver.taken).toEqual([]);
    await other.close();
  });
});
