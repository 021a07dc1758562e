/**
 * Many executions write at once, in rows of one table that lie among each other (decision 0008), finished ones are swept
 * away meanwhile, and the process is killed in the midst of it. What is left must be, for every execution, exactly what its
 * reader was sent.
 */
import { afterEach, describe, expect, it } from '@jest/globals';
import { type WorkflowDefinition } from '../../src/contract/definition.js';
import { type EventType, type ExecutionEvent } from '../../src/contract/events.js';
import { agent, input, parallel, workflow } from '../../src/orchestration/definition/builder.js';
import { JournalFile } from '../support/journal-file.js';
import { within } from '../support/patience.js';
import { Lineage } from './support/lineage.js';
import { Random } from './support/random.js';
import { scaled } from './support/scale.js';
import { Watched } from './support/watched.js';

const KILLS = scaled(2, 25);
/** Executions that run at a time. */
const SUBJECTS = scaled(40, 200);
const SEED = Number(process.env['FAULT_SEED'] ?? Math.floor(Math.random() * 0x7fff_ffff));
/** Longer than a reader may need to come back after a kill, on a busy machine too, and in the long form shorter than the whole takes. */
const RETENTION_MS = scaled(60_000, 20_000);
/** For what all of them have to do in one life of the service. */
const LIFE_MS = 60_000;
const TIMEOUT = 60_000 + KILLS * 20_000;

const ADVANCE: ReadonlySet<EventType> = new Set(['step_output', 'workflow_completed', 'workflow_failed']);

let lineage: Lineage;
afterEach(() => lineage.dispose());

const random = new Random(SEED);
/** Short ones that are soon swept, and long ones whose rows come to lie far apart. */
function drawn(): WorkflowDefinition {
  const words = (name: string, count: number, intervalMs: number) => agent(name, 'tokens', { input: { count, intervalMs } });
  return random.pick([
    () => workflow('short', words('w', random.int(1, 30), 0)),
    () => workflow('steady', words('w', random.int(100, 400), random.int(1, 5))),
    () => workflow('two', parallel('p', words('a', random.int(20, 200), 1), words('b', random.int(20, 200), 2))),
    () => workflow('bursts', words('a', 2000, 0), words('b', 30, 10), words('c', 1000, 0)),
  ])();
}

describe('executions that write among each other', () => {
  it(`have whole logs after ${KILLS} kills, of which readers were sent every event once; what is swept is gone for good (seed ${SEED})`, async () => {
    lineage = await Lineage.create({ env: { STEPCAST_RETENTION_MS: String(RETENTION_MS) } });
    await lineage.start();
    // What waits since the beginning keeps its rows, however many come after them.
    const waiting = await Promise.all([1, 2, 3].map(() => Watched.start(lineage, workflow('waits', agent('w', 'tokens', { input: { count: 5 } }), input('ask'), agent('e', 'echo')))));
    await Promise.all(waiting.map((run) => run.until(({ type }) => type === 'input_required')));
    const all: Watched[] = [];
    const running = () => all.filter(({ log }) => !/^workflow_(completed|failed)$/.test(log.at(-1)?.type ?? ''));
    for (let kill = 0; kill < KILLS; kill++) {
      const missing = SUBJECTS - running().length;
      all.push(...(await Promise.all(Array.from({ length: missing }, async () => Watched.start(lineage, drawn())))));
      const moving = running();
      // Further than in the life before: who is killed again and again before that is given up (resume-limit.spec.ts).
      const before = new Map(moving.map((run) => [run, run.log.length]));
      const isFurther = (run: Watched) => ({ seq, type }: ExecutionEvent) => seq > (before.get(run) as number) && ADVANCE.has(type);
      const further = (run: Watched) => Promise.race([run.until(isFurther(run)), run.follower.done]);
      await within(Promise.all(moving.map(further)), () => `in life ${lineage.lives.length}, the progress of ${moving.filter((run) => !run.log.some(isFurther(run))).map((run) => `${run.id} after ${before.get(run)}: ${run.log.slice(-3).map(({ seq, type }) => `${seq} ${type}`).join(', ')}`).join('; ').slice(0, 2000)}`, LIFE_MS);
      // What the service notes of it is in its journal when it has answered a request that came after.
      await lineage.client.get('/executions?limit=1');
      const [one] = moving;
      if (one) await Promise.race([one.ended, one.until(({ type }) => type === 'step_output', random.int(10, 80))]);
      await lineage.end('SIGKILL');

      // Without the service: all that readers were sent is there, as it was sent (P2), and no log has a gap.
      const file = new JournalFile(lineage.dataDir);
      const logs = file.logs();
      file.close();
      for (const { id, follower, log } of [...waiting, ...all]) {
        const events = logs.get(id) ?? [];
        // Swept.
        if (events.length === 0 && log.at(-1)?.type === 'workflow_completed') continue;
        expect(events.map((json) => (JSON.parse(json) as { seq: number }).seq)).toEqual(events.map((_, i) => i + 1));
        expect(events.slice(0, follower.received.length)).toEqual(follower.received.map(({ data }) => data));
      }
      await lineage.start();
    }
    for (const { id } of waiting) expect((await lineage.client.post(`/executions/${id}/input`, { value: 1 })).status).toBe(202);
    await within(Promise.all([...waiting, ...all].map(({ follower }) => follower.done)), 'the end of all', TIMEOUT);
    for (const { log } of [...waiting, ...all]) {
      expect(log.map(({ seq }) => seq)).toEqual(log.map((_, i) => i + 1));
      expect(log.at(-1)?.type).toBe('workflow_completed');
      expect(log.filter(({ type }) => type === 'workflow_completed')).toHaveLength(1);
    }
  }, TIMEOUT * 2);
});
