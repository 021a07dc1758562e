/**
 * The service is killed, again and again, while executions run and clients read them, and is started again on what it
 * left. `npm run test:faults -- 500` kills it 500 times. A failure names the seed; `FAULT_SEED` draws the same again.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { within } from '../support/patience.js';
import { Lineage } from './support/lineage.js';
import { Random } from './support/random.js';
import { Subject } from './support/subject.js';
import { randomWorkflow } from './support/workload.js';

const KILLS = Number(process.env['FAULT_KILLS'] ?? 25);
const SEED = Number(process.env['FAULT_SEED'] ?? Math.floor(Math.random() * 0x7fff_ffff));
/** Executions that run at a time. */
const SUBJECTS = 5;
/**
 * Lives in a row that are ended before anything is known to have got further. One more, and executions that do nothing
 * wrong would be given up: that is the matter of resume-limit.spec.ts.
 */
const EARLY = 2;

describe('kill -9', () => {
  let lineage: Lineage;
  const subjects: Subject[] = [];
  const random = new Random(SEED);
  /** Of its own, so that the kills drawn do not depend on how many executions the time was enough for. */
  const workload = random.fork();
  let seen = 0;
  let awaited: { count: number; resolve: () => void } | undefined;

  beforeAll(async () => {
    lineage = await Lineage.create();
  });
  afterAll(async () => {
    for (const subject of subjects) subject.close();
    await lineage.dispose();
  });

  const onEvent = () => {
    seen++;
    if (awaited && seen >= awaited.count) awaited.resolve();
  };
  const running = () => subjects.filter(({ ended }) => !ended);
  const fill = () => {
    while (running().length < SUBJECTS) {
      const definition = randomWorkflow(`chance${subjects.length}`, workload.fork());
      subjects.push(new Subject(lineage, { definition, input: { n: workload.int(0, 9) }, random: workload.fork(), onEvent }));
    }
  };
  const state = () => `seed ${SEED}, life ${lineage.lives.length}; ${running().map((subject) => subject.summary()).join('; ')}`;

  /** A kill in the middle of the start, of the recovery, or of the first steps after it. */
  const earlyLife = async () => {
    lineage.spawn();
    const moment = random.int(0, 900);
    await Promise.race([sleep(moment), lineage.exited()]);
    expect(lineage.life.endedAt).toBe(Infinity);
  };

  /** A kill after everything has got further: at once, some events later, or at an instant by chance. */
  const fullLife = async () => {
    await lineage.start();
    const before = running();
    fill();
    await within(Promise.all(before.map((subject) => subject.advanced())), () => `progress of all (${state()})`, 60_000);
    // What the service notes of their progress is in its journal when it has answered a request that came after.
    await lineage.client.get('/executions?limit=1');
    const how = random.int(0, 2);
    if (how === 1) {
      const { promise, resolve } = Promise.withResolvers<void>();
      awaited = { count: seen + random.int(1, 80), resolve };
      await Promise.race([promise, sleep(400)]);
    } else if (how === 2) await sleep(random.int(0, 300));
  };

  it(`${KILLS} times: every reader has one whole log, and nothing that was done is done again (seed ${SEED})`, async () => {
    try {
      let early = EARLY;
      for (let kill = 0; kill < KILLS; kill++) {
        if (kill > 0 && early < EARLY && random.chance(0.3)) {
          early++;
          await earlyLife();
        } else {
          early = 0;
          await fullLife();
        }
        const failed = await Promise.race([...running().map(({ done }) => done.then(() => undefined, (error: unknown) => error)), Promise.resolve(undefined)]);
        if (failed) throw failed as Error;
        expect(await lineage.end('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
      }
      await lineage.start();
      await within(Promise.all(subjects.map(({ done }) => done)), () => `the end of all (${state()})`, 60_000);
      let resumes = 0;
      for (const subject of subjects) resumes += await subject.verify();
      // The kills did hit executions in their midst.
      expect(resumes).toBeGreaterThan(KILLS / 2);
      if (KILLS > 25) process.stdout.write(`${KILLS} kills, ${subjects.length} executions, ${resumes} resumes, ${seen} events: all whole\n`);
    } catch (error) {
      throw new Error(`with FAULT_SEED=${SEED}, in life ${lineage.lives.length}: ${(error as Error).message}\n${lineage.output.slice(-3000)}`, { cause: error });
    }
  }, 60_000 + KILLS * 6000);
});
