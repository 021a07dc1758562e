/** P3, P5: whoever reads, from wherever, however often the line is cut, sees the log exactly once. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type ExecutionEvent, TERMINAL_TYPES } from '../../src/contract/events.js';
import { Engine } from './support/engine.fixture.js';
import { PROPERTY_TIMEOUT, runs } from './support/runs.js';
import { tree } from './support/trees.arbitrary.js';

describe('readers', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await Engine.open();
  });
  afterAll(() => engine.close());

  /** Takes `count` events after `after`, or what there is until the end, and leaves. */
  const take = (id: string, after: number, count: number) =>
    new Promise<ExecutionEvent[]>((resolve, reject) => {
      const events: ExecutionEvent[] = [];
      const subscription = engine.executions.stream(id, after).subscribe({
        next: (event) => {
          // Leaving is not always heard at once: what comes in the same batch is not taken.
          if (events.length < count) events.push(event);
          if (events.length === count) {
            resolve(events);
            queueMicrotask(() => subscription.unsubscribe());
          }
        },
        complete: () => resolve(events),
        error: reject,
      });
    });

  const readInPieces = async (id: string, pieces: readonly number[]): Promise<ExecutionEvent[]> => {
    const events: ExecutionEvent[] = [];
    for (let i = 0; !TERMINAL_TYPES.has(events.at(-1)?.type ?? 'message'); i++) {
      const piece = await take(id, events.at(-1)?.seq ?? 0, pieces[i % pieces.length] as number);
      if (piece.length === 0) throw new Error(`nothing came after ${events.at(-1)?.seq ?? 0}`);
      events.push(...piece);
    }
    return events;
  };

  it('that keep losing their line see the log once, before, during and after the run', async () => {
    const pieces = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(tree({ deterministic: false }), fc.array(pieces, { minLength: 1, maxLength: 5 }), async ({ definition, input }, readers) => {
        const id = await engine.start(definition, input);
        const live = readers.map((one) => readInPieces(id, one));
        const log = await engine.ended(id);
        const late = readers.map((one) => readInPieces(id, one));
        for (const events of await Promise.all([...live, ...late])) expect(events).toEqual(log);
        expect(await take(id, log.length, 1)).toEqual([]);
      }),
      runs(150),
    );
  }, PROPERTY_TIMEOUT);

  it('that begin at any event see all after it', async () => {
    await fc.assert(
      fc.asyncProperty(tree({ deterministic: false }), async ({ definition, input }) => {
        const id = await engine.start(definition, input);
        const starts: Promise<void>[] = [];
        const watch = engine.executions.stream(id).subscribe(({ seq }) => {
          starts.push(take(id, seq, Infinity).then(async (events) => expect(events).toEqual((await engine.log(id)).slice(seq))));
        });
        await engine.ended(id);
        await Promise.all(starts);
        watch.unsubscribe();
        expect(starts).toHaveLength((await engine.log(id)).length);
      }),
      runs(60),
    );
  }, PROPERTY_TIMEOUT);
});
