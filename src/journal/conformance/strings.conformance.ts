import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type WorkflowDefinition } from '../../contract/definition.js';
import { type Journal } from '../journal.js';
import { execution, Owner, readAll } from './fixture.conformance.js';

/** UTF-16 as it comes: half surrogates, NUL, separators and all. */
const anyString = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 8 }).map((units) => String.fromCharCode(...units)),
  fc.constantFrom('\ud800', '\udfff', '\ud83d', 'a\0b', '\0', '\u2028\u2029', '\u0001', '\u0001"\\ud800"', '👩‍👩‍👧', '\ufeff', '\ufffe\uffff', "'; DROP TABLE executions; --", '%_\\', ''),
);

/** Any string survives, and no two are taken for one another. */
export function describeStrings(journal: () => Journal): void {
  describe('any string', () => {
    it('survives in every field of an execution and its events, and finds it again', async () => {
      await fc.assert(
        fc.asyncProperty(anyString, anyString, anyString, anyString, async (user, workflow, sessionId, text) => {
          const one = execution({ user, workflow, sessionId, fingerprint: text, input: { [text]: text }, definition: [text] });
          const owner = new Owner(journal(), one.id, (await journal().create(one)).record.epoch);
          owner.head.error = { code: 'agent_failed', message: text, stepId: user };
          owner.append(1, text);
          await journal().flushed();
          const expected = { id: one.id, user, workflow, sessionId, error: owner.head.error, lastSeq: 1 };
          expect(await journal().find(one.id)).toMatchObject(expected);
          expect((await journal().list({ user, workflow, sessionId, limit: 1 }))[0]).toMatchObject(expected);
          expect(await readAll(journal(), one.id)).toEqual(owner.log);
          expect(await journal().claim(one.id, { countResume: false })).toMatchObject({ ...one, ...expected });
        }),
        { numRuns: 150 },
      );
    });

    it('is a key, a name and a user of its own', async () => {
      await fc.assert(
        fc.asyncProperty(fc.uniqueArray(anyString, { minLength: 2, maxLength: 5 }), anyString, async (strings, other) => {
          const mark = execution().id;
          const definition = (name: string): WorkflowDefinition => ({ name, description: mark, steps: [] });
          for (const one of strings) {
            await journal().saveWorkflow(one, definition(other), 1);
            await journal().saveWorkflow(mark, definition(one), 1);
            const idempotency = { key: one, fingerprint: one };
            expect((await journal().create(execution({ user: mark, idempotency }))).created).toBe(true);
            expect((await journal().create(execution({ user: mark, idempotency }))).created).toBe(false);
            await expect(journal().create(execution({ user: mark, idempotency: { key: one, fingerprint: `${one}!` } }))).rejects.toMatchObject({ code: 'idempotency_conflict' });
            expect(await journal().findWorkflow(mark, one)).toEqual({ user: mark, definition: definition(one), createdAt: 1 });
            expect(await journal().findWorkflow(one, other)).toEqual({ user: one, definition: definition(other), createdAt: 1 });
          }
          expect(await journal().listWorkflows(mark)).toHaveLength(strings.length);
          for (const one of strings) expect(await journal().deleteWorkflow(mark, one)).toBe(true);
        }),
        { numRuns: 60 },
      );
    });

    it('is remembered as the owner of what was removed', async () => {
      await fc.assert(
        fc.asyncProperty(anyString, async (user) => {
          const { id } = (await Owner.start(journal(), { user })).finish('completed', 1000);
          await journal().flushed();
          await journal().sweep(2000, 0, 5000);
          expect(await journal().findRemoved(id)).toEqual({ user });
        }),
        { numRuns: 40 },
      );
    });
  });
}
