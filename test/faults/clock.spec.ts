/** The clock of the machine is set back by an hour while executions run, and set right again later. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type ExecutionEvent } from '../../src/contract/events.js';
import { agent, input, retry, workflow } from '../../src/orchestration/definition/builder.js';
import { of } from '../support/assert-whole.js';
import { type Answer } from '../support/client.js';
import { eventually } from '../support/patience.js';
import { health } from './support/health.js';
import { Lineage } from './support/lineage.js';
import { Watched } from './support/watched.js';

const HOUR_MS = 3_600_000;
const TIMEOUT = 120_000;

let lineage: Lineage;
beforeEach(async () => {
  lineage = await Lineage.create({ preload: 'test/support/clock-shift.mjs', env: { STEPCAST_HEARTBEAT_MS: '100', STEPCAST_RETENTION_MS: '60000' } });
  await lineage.start();
});
afterEach(() => lineage.dispose());

/** Which the service is as ready after as it was before. */
async function setClock(): Promise<void> {
  const before = lineage.output.match(/clock set/g)?.length ?? 0;
  lineage.signal('SIGUSR2');
  await eventually(() => (lineage.output.match(/clock set/g)?.length ?? 0) > before, 'the other time');
  expect(await health(lineage)).toEqual({ status: 200 });
}

const type = (wanted: string) => (event: ExecutionEvent) => event.type === wanted;
const durations = (log: readonly ExecutionEvent[]) => log.flatMap(({ step }) => (step?.durationMs === undefined ? [] : [step.durationMs]));
const redeem = async ({ json: { streamUrl } }: Answer): Promise<number> => (await lineage.client.open(`/${streamUrl}`, { headers: { 'x-api-key': [] } })).status;

/** Each lasts for eight seconds: long enough to be in its midst when the clock is set, or the process killed. */
const words = workflow('words', agent('w', 'tokens', { input: { count: 400, intervalMs: 20 } }));
const retries = workflow('retries', retry('r', { maxAttempts: 4, backoff: { delayMs: 2700, factor: 1, jitter: false } }, agent('f', 'flaky', { input: { failures: 3 } })));
const late = workflow('late', agent('slow', 'delay', { input: { ms: HOUR_MS }, timeoutMs: 8000 }));
const wholeLate = workflow('whole_late', { timeoutMs: 8000 }, agent('slow', 'delay', { input: { ms: HOUR_MS } }));
const asks = workflow('asks', input('ask'), agent('after', 'echo'));

describe('a clock that is set back by an hour', () => {
  it('lets no timestamp fall and no timer wait: steps, retries, time-outs, tickets and heartbeats go on as if nothing was', async () => {
    const { client } = lineage;
    const all = await Promise.all([words, retries, late, wholeLate, asks].map((definition) => Watched.start(lineage, definition)));
    const [streams, tries, step, whole, asking] = all as [Watched, Watched, Watched, Watched, Watched];
    await Promise.all([streams.until(type('step_output'), 3), tries.until(type('step_retrying')), step.until(type('step_started')), whole.until(type('step_started')), asking.until(type('input_required'))]);
    const open = await client.openExecution(asking.id);
    const ticket = await client.post(`/executions/${asking.id}/tickets`);

    await setClock();
    const after = await Promise.all([words, retries, late].map((definition) => Watched.start(lineage, definition)));
    const beats = open.frames.length;
    for (let i = 0; i < 3; i++) await open.until(({ comment }) => comment === 'heartbeat', beats + i);
    expect(await redeem(ticket)).toBe(200);
    expect(await redeem(ticket)).toBe(401);
    expect(await redeem(await client.post(`/executions/${asking.id}/tickets`))).toBe(200);
    for (const run of [streams, tries, step, whole, ...after]) await run.checked();
    for (const { log } of [streams, tries, ...after.slice(0, 2)]) expect(log.at(-1)?.type).toBe('workflow_completed');
    for (const { log } of [step, after[2] as Watched]) expect(log.at(-1)).toMatchObject({ type: 'workflow_failed', data: { error: { code: 'step_timeout' } } });
    expect(whole.log.at(-1)).toMatchObject({ type: 'workflow_failed', data: { error: { code: 'workflow_timeout' } } });
    // What lasted while the clock was set is told as long as it was, and neither as nothing nor as an hour.
    for (const { log } of [streams, step, whole]) expect(Math.max(...durations(log))).toBeGreaterThan(1000);
    for (const { log } of all) for (const ms of durations(log)) expect(ms).toBeLessThan(HOUR_MS / 2);
    // Lists go by the order of starts, and times of one execution do not fall either.
    const { executions } = (await client.get('/executions')).json as { executions: { id: string }[] };
    expect(executions.slice(-all.length).map(({ id }) => id).toSorted()).toEqual(all.map(({ id }) => id).toSorted());
    for (const { id } of [...all.slice(0, 4), ...after]) {
      const { createdAt, startedAt, finishedAt } = await client.status(id);
      expect([createdAt, startedAt, finishedAt].toSorted()).toEqual([createdAt, startedAt, finishedAt]);
    }

    await setClock();
    expect((await client.post(`/executions/${asking.id}/input`, { value: 1 })).status).toBe(202);
    await asking.checked();
    for (const ms of durations(asking.log)) expect(ms).toBeLessThan(HOUR_MS / 2);
  }, TIMEOUT);

  it('and found so by the start after a crash, costs no timestamp, no delay and no time-out', async () => {
    const all = await Promise.all([words, retries, late, wholeLate].map((definition) => Watched.start(lineage, definition)));
    const [streams, tries, step, whole] = all as [Watched, Watched, Watched, Watched];
    await Promise.all([streams.until(type('step_output'), 3), tries.until(type('step_retrying')), step.until(type('step_started')), whole.until(type('step_started'))]);
    await lineage.end('SIGKILL');
    lineage.env['CLOCK_SET_BACK'] = '1';
    await lineage.start();
    expect(await health(lineage)).toEqual({ status: 200 });
    for (const run of all) expect((await run.checked()).resumes).toBe(1);
    expect(all.map(({ log }) => log.at(-1)?.type)).toEqual(['workflow_completed', 'workflow_completed', 'workflow_failed', 'workflow_failed']);
    expect(of(tries.log, 'step_retrying')).toHaveLength(3);
  }, TIMEOUT);
});
