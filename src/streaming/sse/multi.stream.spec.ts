import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { type Subscription } from 'rxjs';
import { turns } from '../../../test/support/engine.js';
import { within } from '../../../test/support/patience.js';
import { type EventType } from '../../contract/events.js';
import { Owner } from '../../journal/conformance/fixture.conformance.js';
import { type ExecutionRecord } from '../../journal/journal.types.js';
import { SqliteJournal } from '../../journal/sqlite/sqlite-journal.js';
import { type StreamChunk, viewOf } from './frames.js';
import { followAll, followSeveral, leftOver, severalCursor } from './multi.stream.js';
import { type StartAt, type StreamRequest } from './stream.request.js';

const asked = (start: StartAt, types?: EventType[]): StreamRequest => ({ start, view: viewOf(true, types && new Set(types)), heartbeat: 'comment' });
const at = (cursor: string): StartAt => ({ at: 'cursor', cursor, path: '/Last-Event-ID' });

/** What a client has been sent: `execution:seq` of each event, and the last id. */
class Reader {
  readonly seen: string[] = [];
  readonly ids: string[] = [];
  completed = false;
  error: unknown;
  private readonly subscription: Subscription;
  private readonly waiting: (() => void)[] = [];

  constructor(chunks: ReturnType<typeof followAll>) {
    const parser = createParser({
      onEvent: ({ id, data }) => {
        const { executionId, seq } = JSON.parse(data) as { executionId: string; seq: number };
        this.seen.push(`${executionId}:${seq}`);
        this.ids.push(id as string);
      },
    });
    const look = () => { for (const test of this.waiting) test(); };
    this.subscription = chunks.subscribe({
      next: ({ bytes, cursor, told }: StreamChunk) => {
        parser.feed(bytes.toString());
        if (told) this.lastId = cursor;
        look();
      },
      complete: () => { this.completed = true; look(); },
      error: (error: unknown) => { this.error = error; look(); },
    });
  }

  lastId: string | undefined;

  async until(test: (reader: this) => boolean): Promise<this> {
    await within(new Promise<void>((resolve) => {
      const look = () => { if (test(this)) resolve(); };
      this.waiting.push(look);
      look();
    }), () => `${String(test)}; seen ${this.seen.join(' ')}`);
    return this;
  }

  close(): void {
    this.subscription.unsubscribe();
  }
}

describe('several logs over one connection', () => {
  let journal: SqliteJournal;
  let names = 0;
  const open = () => undefined;
  const readers: Reader[] = [];
  beforeEach(async () => {
    journal = new SqliteJournal({ dataDir: ':memory:' });
    await journal.open();
  });
  afterEach(async () => {
    for (const reader of readers.splice(0)) reader.close();
    await journal.close();
  });

  const start = (id = `e${++names}`, user = 'ann') => Owner.start(journal, { id, user });
  const recordsOf = async (...owners: Owner[]) => Promise.all(owners.map(async ({ id }) => (await journal.find(id)) as ExecutionRecord));
  const several = async (owners: Owner[], request = asked({ at: 'first' })) => {
    const reader = new Reader(followSeveral(journal, await recordsOf(...owners), request, open));
    readers.push(reader);
    return reader;
  };
  const all = (request = asked({ at: 'first' }), user = 'ann') => {
    const reader = new Reader(followAll(journal, user, request, open));
    readers.push(reader);
    return reader;
  };
  const whole = (owner: Owner, from = 1) => owner.log.slice(from - 1).map((_, i) => `${owner.id}:${from + i}`);
  const of = (seen: string[], { id }: Owner) => seen.filter((event) => event.startsWith(`${id}:`));

  describe('that are named', () => {
    it('gives each whole and in order, live and past, and ends after the last end', async () => {
      const [a, b] = [await start(), await start()];
      a.append(3).finish();
      b.append(2);
      await journal.flushed();
      const reader = await several([a, b]);
      await reader.until(({ seen }) => seen.length === 6);
      expect(reader.completed).toBe(false);
      b.append(1).finish();
      await reader.until(({ completed }) => completed);
      for (const owner of [a, b]) expect(of(reader.seen, owner)).toEqual(whole(owner));
    });

    it('leaves out those of which the end has been seen', async () => {
      const [a, b] = [await start(), await start()];
      a.finish();
      b.append(1);
      await journal.flushed();
      const records = await recordsOf(a, b);
      const cursor = severalCursor(records, asked({ at: 'latest' }));
      expect(leftOver(records, cursor).map(({ id }) => id)).toEqual([b.id]);
      expect(leftOver(records, severalCursor(records, asked({ at: 'first' })))).toHaveLength(2);
    });

    it.each<[StartAt, number]>([[{ at: 'latest' }, 6], [{ at: 'last', count: 2 }, 4], [{ at: 'last', count: 0 }, 6]])('may begin at %j of each; where that is is told at once', async (from, first) => {
      const [a, b] = [(await start()).append(5), (await start()).append(5)];
      await journal.flushed();
      const reader = await several([a, b], asked(from));
      await turns();
      expect(reader.lastId).toMatch(/^m/);
      const again = await several([a, b], asked(at(reader.lastId as string)));
      for (const owner of [a, b]) owner.append(1).finish();
      for (const one of [reader, again]) await one.until(({ completed }) => completed);
      for (const owner of [a, b]) {
        expect(of(reader.seen, owner)).toEqual(whole(owner, first));
        // Nothing was lost between the two connections.
        expect(of(again.seen, owner)).toEqual(whole(owner, Math.max(first, 6)));
      }
    });

    it('begins with the first event of those that have told less than is asked for, and of those that have told nothing', async () => {
      const [a, b] = [await start(), (await start()).append(2)];
      await journal.flushed();
      const reader = await several([a, b], asked({ at: 'last', count: 99 }));
      await reader.until(({ seen }) => seen.length === 2);
      const again = await several([a, b], asked(at(reader.lastId as string)));
      for (const owner of [a, b]) owner.append(1).finish();
      for (const one of [reader, again]) await one.until(({ completed }) => completed);
      expect([a, b].map((owner) => of(reader.seen, owner))).toEqual([whole(a), whole(b)]);
      expect([a, b].map((owner) => of(again.seen, owner))).toEqual([whole(a), whole(b, 3)]);
    });

    it('refuses a cursor beyond one of the logs', async () => {
      const a = (await start()).append(2);
      await journal.flushed();
      const records = await recordsOf(a);
      const ordinal = (records[0] as ExecutionRecord).ordinal.toString(36);
      expect(() => severalCursor(records, asked(at(`m${ordinal}.${ordinal}:3`)))).toThrow(expect.objectContaining({ code: 'invalid_cursor' }));
      expect(severalCursor(records, asked(at(`m${ordinal}.${ordinal}:2`))).after((records[0] as ExecutionRecord).ordinal)).toBe(2);
    });

    it('brings the cursor along where events are filtered out', async () => {
      const a = await start();
      a.append(2).finish('cancelled');
      await journal.flushed();
      const chunks: StreamChunk[] = [];
      followSeveral(journal, await recordsOf(a), asked({ at: 'first' }, ['tool_call']), open).subscribe((chunk) => chunks.push(chunk));
      await turns();
      expect(chunks).toEqual([{ bytes: Buffer.alloc(0), cursor: expect.stringMatching(/^m[0-9a-z]+$/), told: false, written: expect.objectContaining({ events: 0 }) }]);
      expect(leftOver(await recordsOf(a), severalCursor(await recordsOf(a), asked(at(chunks[0]?.cursor as string))))).toEqual([]);
    });
  });

  describe('of all of a user', () => {
    it('gives the past, oldest first, then what is running and what is started, of this user alone; never ends', async () => {
      const [old, running, foreign] = [(await start()).append(2).finish(), (await start()).append(1), (await start(undefined, 'bob')).append(1)];
      await journal.flushed();
      const reader = await all().until(({ seen }) => seen.length === 4);
      expect(reader.seen).toEqual([...whole(old), ...whole(running)]);
      const next = (await start()).append(1);
      running.finish();
      foreign.finish();
      next.finish();
      await reader.until(({ seen }) => seen.length === 7);
      for (const owner of [running, next]) expect(of(reader.seen, owner)).toEqual(whole(owner));
      expect(of(reader.seen, foreign)).toEqual([]);
      expect(reader.completed).toBe(false);
    });

    it('gives of the past one after the other, however long each is', async () => {
      const owners: Owner[] = [];
      for (let i = 0; i < 3; i++) owners.push((await start()).append(1200).finish());
      await journal.flushed();
      const reader = await all().until(({ seen }) => seen.length === 3603);
      expect(reader.seen).toEqual(owners.flatMap((owner) => whole(owner)));
    });

    it('reads a past of more than one page', async () => {
      const owners: Owner[] = [];
      for (let i = 0; i < 205; i++) owners.push((await start()).finish());
      await journal.flushed();
      const reader = await all().until(({ seen }) => seen.length === 205);
      expect(reader.seen).toEqual(owners.flatMap((owner) => whole(owner)));
    });

    it.each<StartAt>([{ at: 'latest' }, { at: 'last', count: 0 }])('from the live end tells where that is, gives what runs from there and what is started from its first event (%j)', async (from) => {
      const [old, running] = [(await start()).append(1).finish(), (await start()).append(2)];
      await journal.flushed();
      const reader = all(asked(from));
      await reader.until(({ lastId }) => lastId !== undefined);
      expect(reader.seen).toEqual([]);
      const resumed = reader.lastId as string;
      running.append(1).finish();
      const next = (await start()).append(1).finish();
      await reader.until(({ seen }) => seen.length === 4);
      expect(reader.seen).toEqual([...whole(running, 3), ...whole(next)]);
      // A line that broke before the first event has lost nothing either.
      const again = await all(asked(at(resumed))).until(({ seen }) => seen.length === 4);
      expect(again.seen.toSorted()).toEqual(reader.seen.toSorted());
      expect(of(reader.seen, old)).toEqual([]);
    });

    it('gives one that is started while the past is being listed, and once', async () => {
      const first = (await start()).append(1);
      await journal.flushed();
      const list = journal.list.bind(journal);
      let second: Owner | undefined;
      jest.spyOn(journal, 'list').mockImplementation(async (query) => {
        second ??= (await start()).append(1);
        await journal.flushed();
        return list(query);
      });
      const reader = await all().until(({ seen }) => seen.length >= 2);
      const third = (await start()).append(1);
      await reader.until(({ seen }) => of(seen, third).length === 1);
      second?.append(1);
      await reader.until(({ seen }) => seen.length >= 4);
      await turns();
      expect([first, second as Owner, third].map((owner) => of(reader.seen, owner))).toEqual([whole(first), whole(second as Owner), whole(third)]);
    });

    it('with the last of each counts from when it begins, however long the past takes to be sent', async () => {
      const past: Owner[] = [];
      for (let i = 0; i < 100; i++) past.push((await start()).append(3).finish());
      const running = (await start()).append(3);
      await journal.flushed();
      const ready = Promise.withResolvers<void>();
      let waits = true;
      const reader = new Reader(followAll(journal, 'ann', asked({ at: 'last', count: 2 }), () => (waits ? ready.promise : undefined)));
      readers.push(reader);
      await turns();
      running.append(5).finish();
      const next = (await start()).append(5).finish();
      await journal.flushed();
      waits = false;
      ready.resolve();
      await reader.until(({ seen }) => seen.at(-1) === `${next.id}:6`);
      expect(reader.seen).toEqual([...past.flatMap((owner) => whole(owner, 3)), ...whole(running, 2), ...whole(next)]);
    });

    it('with the last of each tells where it begins where there is none yet', async () => {
      const reader = await all(asked({ at: 'last', count: 2 })).until(({ lastId }) => lastId !== undefined);
      const next = (await start()).append(4).finish();
      await reader.until(({ seen }) => seen.length === 5);
      const resumed = await all(asked(at('m0'))).until(({ seen }) => seen.length === 5);
      expect([reader.ids[0], resumed.seen]).toEqual([expect.stringMatching(/^m1/), whole(next)]);
    });

    it.each<StartAt>([{ at: 'first' }, { at: 'latest' }])('does not forget one that was started and said nothing while a later one spoke (%j)', async (from) => {
      const reader = all(asked(from));
      await turns();
      const [quiet, loud] = [await start(), await start()];
      loud.append(1);
      await reader.until(({ seen }) => seen.length === 1);
      quiet.append(1).finish();
      const again = await all(asked(at(reader.ids.at(-1) as string))).until(({ seen }) => seen.length === 2);
      expect(again.seen).toEqual(whole(quiet));
    });

    it.each<StartAt>([{ at: 'first' }, { at: 'latest' }, { at: 'last', count: 1 }])('carries no places of those that wait to be started (%j)', async (from) => {
      (await start()).append(1).finish();
      const running = (await start()).append(1);
      const waiting: Owner[] = [];
      for (let i = 0; i < 150; i++) waiting.push(await start());
      await journal.flushed();
      const reader = all(asked(from));
      await turns();
      running.append(1);
      await reader.until(({ seen }) => seen.at(-1) === `${running.id}:2`);
      expect(reader.lastId?.length).toBeLessThan(20);
      const again = all(asked(at(reader.lastId as string)));
      for (const owner of waiting.toReversed()) owner.append(1).finish();
      await again.until(({ seen }) => seen.length >= 300);
      for (const owner of waiting) expect(of(again.seen, owner)).toEqual(whole(owner));
      expect(again.seen).toHaveLength(300);
    });

    it('does not mind that one it was in the middle of has been removed', async () => {
      const gone = (await start()).append(3);
      await journal.flushed();
      const reader = await all().until(({ seen }) => seen.length === 3);
      const cursor = reader.ids[0] as string;
      gone.finish('completed', 1);
      await journal.flushed();
      await journal.sweep(2, 0, 3);
      const next = (await start()).append(1);
      expect((await all(asked(at(cursor))).until(({ seen }) => seen.length === 1)).seen).toEqual(whole(next));
    });

    it('goes on with the next where one is removed between being listed and being read', async () => {
      const [first, second] = [(await start()).append(2).finish('completed', 1), (await start()).append(1)];
      await journal.flushed();
      const ready = Promise.withResolvers<void>();
      let waits = true;
      const reader = new Reader(followAll(journal, 'ann', asked({ at: 'first' }), () => (waits ? ready.promise : undefined)));
      readers.push(reader);
      await turns();
      await journal.sweep(2, 0, 3);
      waits = false;
      ready.resolve();
      await reader.until(({ seen, error }) => seen.length === 1 || error !== undefined);
      expect([reader.error, reader.seen]).toEqual([undefined, whole(second)]);
      expect(of(reader.seen, first)).toEqual([]);
    });

    it('leaves nothing behind when the reader leaves', async () => {
      const { observed } = journal.commits$;
      const tails = (journal as unknown as { tails: { tails: Map<string, unknown> } }).tails.tails;
      await start().then((owner) => owner.append(1));
      await journal.flushed();
      const reader = await all().until(({ seen }) => seen.length === 1);
      expect([journal.commits$.observed, tails.size]).toEqual([true, 1]);
      reader.close();
      await turns();
      expect([journal.commits$.observed, tails.size]).toEqual([observed, 0]);
    });

    it('errors where the journal cannot be listed', async () => {
      jest.spyOn(journal, 'list').mockRejectedValueOnce(new Error('broken'));
      const reader = await all().until(({ error }) => error !== undefined);
      expect(reader.error).toEqual(new Error('broken'));
    });
  });

  it('is one whole log of each execution, however often and wherever the line breaks', async () => {
    const step = fc.record({ what: fc.constantFrom('start', 'append', 'finish', 'read', 'break'), pick: fc.nat(5), count: fc.integer({ min: 1, max: 3 }) });
    await fc.assert(fc.asyncProperty(fc.constantFrom<StartAt>({ at: 'first' }, { at: 'latest' }), fc.array(step, { maxLength: 40 }), async (from, steps) => {
      const user = `user${++names}`;
      const owners: Owner[] = [];
      const finished = new Set<Owner>();
      const seen: string[] = [];
      let reader = all(asked(from), user);
      await reader.until(({ lastId }) => from.at === 'first' || lastId !== undefined);
      let cursor = reader.lastId;
      const reconnect = (stopAfter: number) => {
        // The client has taken only so much of what it was sent.
        const taken = Math.min(stopAfter, reader.seen.length);
        seen.push(...reader.seen.slice(0, taken));
        cursor = taken > 0 ? reader.ids[taken - 1] : cursor;
        reader.close();
        reader = all(asked(cursor === undefined ? from : at(cursor)), user);
      };
      for (const { what, pick, count } of steps) {
        const owner = owners[pick];
        if (what === 'start') owners.push(await start(undefined, user));
        else if (what === 'append' && owner && !finished.has(owner)) owner.append(count);
        else if (what === 'finish' && owner && !finished.has(owner)) finished.add(owner.finish());
        else if (what === 'read') await turns(count);
        else if (what === 'break') reconnect(pick);
      }
      for (const owner of owners) if (!finished.has(owner)) owner.finish();
      await journal.flushed();
      reconnect(Infinity);
      const expected = owners.flatMap((owner) => whole(owner));
      await reader.until((last) => seen.length + last.seen.length >= expected.length);
      await turns();
      const total = [...seen, ...reader.seen];
      for (const owner of owners) expect(of(total, owner)).toEqual(whole(owner));
      expect(total).toHaveLength(expected.length);
      reader.close();
    }), { numRuns: 60 });
  });
});
