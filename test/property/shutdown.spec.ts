/** P16: an engine is shut down at any moment and another one goes on, as often as one likes. It is like a crash, but that nothing told is lost. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SqliteJournal } from '../../src/journal/sqlite/sqlite-journal.js';
import { endOf } from './support/crash.fixture.js';
import { Engine, withEngine } from './support/engine.fixture.js';
import { checkLog } from './support/log.checker.js';
import { outcomeOf } from './support/model.js';
import { PROPERTY_TIMEOUT, runs } from './support/runs.js';
import { tree } from './support/trees.arbitrary.js';

describe('a shutdown', () => {
  it('at any moments of any workflow ends nothing, and no event comes after it', async () => {
    await fc.assert(
      fc.asyncProperty(tree({ deterministic: true, stubborn: true }), fc.array(fc.nat({ max: 12 }), { maxLength: 4 }), async ({ definition, input }, moments) => {
        const dataDir = await mkdtemp(join(tmpdir(), 'stepcast-'));
        try {
          let id: string | undefined;
          let shutdowns = 0;
          let length = 0;
          for (const moment of moments) {
            const engine = await Engine.open({ journal: new SqliteJournal({ dataDir }) });
            id ??= await engine.start(definition, input);
            for (let i = 0; i < moment; i++) await turn();
            await engine.recovery.onModuleDestroy();
            const log = await engine.log(id);
            expect(engine.calls.filter(({ settled, signal }) => !settled && !signal.aborted)).toEqual([]);
            while (engine.calls.some(({ settled }) => !settled)) await turn();
            expect(await engine.log(id)).toEqual(log);
            // It may come before the engine has gone on at all.
            if (log.at(-1)?.type === 'checkpoint_saved' && log.length > length) shutdowns++;
            length = log.length;
            await engine.recovery.onApplicationShutdown();
          }
          const log = await withEngine({ journal: new SqliteJournal({ dataDir }) }, async (engine) => engine.ended(id ?? (await engine.start(definition, input))));
          const { resumes } = checkLog(definition, log);
          expect(resumes).toBe(shutdowns);
          const outcome = outcomeOf(definition, input);
          expect(endOf(log)).toEqual(outcome.completed ? { result: outcome.output } : 'workflow_failed');
        } finally {
          await rm(dataDir, { recursive: true });
        }
      }),
      runs(60),
    );
  }, PROPERTY_TIMEOUT);
});
