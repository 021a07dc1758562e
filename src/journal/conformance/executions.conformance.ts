import { describe, expect, it } from '@jest/globals';
import { type Journal } from '../journal.js';
import { type ExecutionRecord, type ListQuery, type NewExecution } from '../journal.types.js';
import { execution, Owner } from './fixture.conformance.js';

/** Starting executions, once each, and listing them. */
export function describeExecutions(journal: () => Journal): void {
  describe('create()', () => {
    it('adds an execution that is queued and has no events', async () => {
      const definition = { name: 'research', steps: [{ type: 'agent', name: 'a', agent: 'echo', input: [1, null, 'ü', { deep: true }] }] };
      const one = execution({ sessionId: 's1', source: 'code', definition, input: null, traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' });
      const { record, created } = await journal().create(one);
      expect(created).toBe(true);
      expect(record).toEqual({
        ...one, ordinal: expect.any(Number), status: 'queued', progress: 0, lastSeq: 0, startedAt: null, finishedAt: null, error: null, epoch: 1, resumes: 0,
      });
      const { definition: _definition, fingerprint: _fingerprint, input: _input, traceparent: _traceparent, ...listed } = record;
      expect(await journal().find(one.id)).toEqual(listed);
      expect(await journal().findOwned(one.id)).toEqual(record);
      expect(await journal().findOwned('none')).toBeUndefined();
      expect((await journal().claim(one.id, { countResume: false })).traceparent).toBe(one.traceparent);
      expect((await journal().create(execution())).record.traceparent).toBeNull();
    });

    it('gives ordinals that grow', async () => {
      const started = await Promise.all(Array.from({ length: 10 }, () => journal().create(execution())));
      const ordinals = started.map(({ record }) => record.ordinal);
      expect(ordinals).toEqual([...new Set(ordinals)].sort((a, b) => a - b));
    });

    it('refuses an id that is taken, and what else the turn brings is not affected', async () => {
      const owner = await Owner.start(journal());
      const [before, again, after] = await Promise.allSettled([
        journal().create(execution()), journal().create(execution({ id: owner.id, idempotency: { key: 'k', fingerprint: 'f' } })), journal().create(execution()),
      ]);
      owner.append();
      expect([before.status, again.status, after.status]).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      await journal().flushed();
      expect(journal().health$.value.ready).toBe(true);
      // The refused one has left nothing behind.
      expect((await journal().create(execution({ idempotency: { key: 'k', fingerprint: 'other' } }))).created).toBe(true);
    });
  });

  describe('an idempotency key', () => {
    const keyed = (key: string, fingerprint: string, over: Partial<NewExecution> = {}) => journal().create(execution({ ...over, idempotency: { key, fingerprint } }));

    it('gives the same execution for the same key and body, in its present state', async () => {
      const first = await keyed('k', 'body');
      const owner = Owner.of(journal(), first.record).append(2);
      await journal().flushed();
      const second = await keyed('k', 'body');
      expect(second.created).toBe(false);
      expect(second.record).toEqual({ ...first.record, status: 'running', lastSeq: 2, startedAt: owner.head.startedAt });
      expect(await journal().list({ limit: 10 })).toHaveLength(1);
    });

    it('makes one execution of parallel starts', async () => {
      const told: string[] = [];
      journal().commits$.subscribe(({ created }) => told.push(...created.map(({ id }) => id)));
      const starts = await Promise.all(Array.from({ length: 20 }, () => keyed('k', 'body')));
      expect(starts.filter(({ created }) => created)).toHaveLength(1);
      expect(new Set(starts.map(({ record }) => record.id)).size).toBe(1);
      expect(told).toEqual([starts[0]?.record.id]);
    });

    it('is refused with another body, in parallel too', async () => {
      await keyed('k', 'body');
      await expect(keyed('k', 'other')).rejects.toMatchObject({ code: 'idempotency_conflict', status: 409 });
      const [one, other] = await Promise.allSettled([keyed('p', 'body'), keyed('p', 'other')]);
      expect(one.status).toBe('fulfilled');
      expect(other).toMatchObject({ status: 'rejected', reason: { code: 'idempotency_conflict' } });
      expect(await journal().list({ limit: 10 })).toHaveLength(2);
    });

    it('tells what was started with it, and with which body', async () => {
      const { record } = await keyed('k', 'body');
      Owner.of(journal(), record).append(2);
      await journal().flushed();
      expect(await journal().findByKey(record.user, 'k')).toEqual({ fingerprint: 'body', record: await journal().find(record.id) });
      expect(await Promise.all([journal().findByKey(record.user, 'other'), journal().findByKey('bob', 'k')])).toEqual([undefined, undefined]);
    });

    it('belongs to its user', async () => {
      expect((await keyed('k', 'body')).created).toBe(true);
      expect((await keyed('k', 'other', { user: 'bob' })).created).toBe(true);
    });
  });

  describe('list()', () => {
    const ids = async (query: Partial<ListQuery> = {}) => (await journal().list({ limit: 100, ...query })).map(({ id }) => id);

    it('is newest first, filtered by everything at once, of one user or of all', async () => {
      const all: { id: string; one: NewExecution; status: string }[] = [];
      for (let i = 0; i < 24; i++) {
        const one = execution({ user: i % 2 ? 'ann' : 'bob', workflow: i % 3 ? 'x' : 'y', sessionId: i % 4 ? null : `s${i % 8}`, createdAt: 1_700_000_000_000 - i });
        const owner = await Owner.start(journal(), one);
        if (i % 5 === 0) owner.append();
        if (i % 5 === 1) owner.finish();
        all.unshift({ id: one.id, one, status: i % 5 === 0 ? 'running' : i % 5 === 1 ? 'completed' : 'queued' });
      }
      await journal().flushed();
      for (const user of [undefined, 'ann', 'bob', 'eve'])
        for (const workflow of [undefined, 'x', 'y'])
          for (const sessionId of [undefined, 's0', 's4'])
            for (const status of [undefined, 'running', 'completed', 'waiting'] as const) {
              const query = { ...(user && { user }), ...(workflow && { workflow }), ...(sessionId && { sessionId }), ...(status && { status }) };
              const expected = all.filter(({ one, status: is }) => [one.user, one.workflow, one.sessionId, is].every((value, i) => [user, workflow, sessionId, status][i] === undefined || [user, workflow, sessionId, status][i] === value));
              expect(await ids(query)).toEqual(expected.map(({ id }) => id));
            }
    });

    it('pages by ordinal, none left out or doubled while others start', async () => {
      const owners: Owner[] = [];
      for (let i = 0; i < 7; i++) owners.unshift(await Owner.start(journal()));
      const paged: string[] = [];
      for (let before: number | undefined; ; ) {
        const page = await journal().list({ limit: 3, ...(before !== undefined && { before }) });
        if (page.length === 0) break;
        paged.push(...page.map(({ id }) => id));
        before = page.at(-1)?.ordinal;
        await Owner.start(journal());
      }
      expect(paged).toEqual(owners.map(({ id }) => id));
    });

    it('is oldest first after an ordinal, and may be bounded on both sides', async () => {
      const records: ExecutionRecord[] = [];
      for (let i = 0; i < 6; i++) records.push((await journal().create(execution({ user: i === 3 ? 'bob' : 'ann' }))).record);
      const ordinal = (i: number) => records[i]?.ordinal as number;
      const picked = (...indices: number[]) => indices.map((i) => records[i]?.id);
      expect(await ids({ after: 0 })).toEqual(picked(0, 1, 2, 3, 4, 5));
      expect(await ids({ after: ordinal(1), limit: 2 })).toEqual(picked(2, 3));
      expect(await ids({ after: ordinal(1), user: 'ann' })).toEqual(picked(2, 4, 5));
      expect(await ids({ after: ordinal(1), before: ordinal(5) })).toEqual(picked(2, 3, 4));
      expect(await ids({ before: ordinal(3) })).toEqual(picked(2, 1, 0));
      expect(await ids({ after: ordinal(5) })).toEqual([]);
    });
  });
}
