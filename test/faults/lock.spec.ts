/** Another process, this one, holds the database for seconds: a backup that locks, an operator's query, a stuck tool. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type ExecutionEvent } from '../../src/contract/events.js';
import { agent, input, parallel, retry, workflow } from '../../src/orchestration/definition/builder.js';
import { JournalFile } from '../support/journal-file.js';
import { eventually } from '../support/patience.js';
import { type EventReader } from '../support/sse.js';
import { health, whenHealth } from './support/health.js';
import { Lineage } from './support/lineage.js';
import { Watched } from './support/watched.js';

const LOCKED = /^\S*stepcast\.db: database is locked: another program has locked it; end that program, or wait: it is tried again$/;
const TIMEOUT = 120_000;

const busy = workflow(
  'busy',
  agent('words', 'tokens', { input: { count: 200, intervalMs: 10 } }),
  parallel('both', agent('wait', 'delay', { input: { ms: 300 } }), agent('more', 'tokens', { input: { count: 40, intervalMs: 5 } })),
  retry('again', { maxAttempts: 3, backoff: { delayMs: 100, jitter: false } }, agent('flaky', 'flaky', { input: { failures: 2 } })),
  // Whatever has come between: it has not ended before the test lets it.
  input('go'),
);
const asking = workflow('asking', input('ask'));
const output = ({ type }: ExecutionEvent) => type === 'step_output';

let lineage: Lineage;
let file: JournalFile;
beforeEach(async () => {
  lineage = await Lineage.create({ env: { STEPCAST_HEARTBEAT_MS: '100', STEPCAST_OPEN_METRICS: 'true' } });
  await lineage.start();
  file = new JournalFile(lineage.dataDir);
});
afterEach(async () => {
  file.close();
  await lineage.dispose();
});

/** Heartbeats of an open stream: the service is alive for so long. */
async function heartbeats(reader: EventReader, count: number): Promise<void> {
  for (let at = reader.frames.length, i = 0; i < count; i++) await reader.until(({ comment }) => comment === 'heartbeat', at + i);
}

/** Lets them end. */
async function release(runs: readonly Watched[]): Promise<void> {
  for (const { id } of runs) await eventually(async () => (await lineage.client.post(`/executions/${id}/input`, { value: 1 })).status === 202, `the last question of ${id}`);
}

describe('a database that another process has locked for seconds', () => {
  it('holds back what runs, and loses nothing of it; starts are refused, and /health/ready says why', async () => {
    const { client } = lineage;
    const runs = await Promise.all([1, 2, 3, 4].map(() => Watched.start(lineage, busy)));
    const cancelled = await Watched.start(lineage, busy);
    const asks = await Watched.start(lineage, asking);
    await Promise.all([...runs, cancelled].map((run) => run.until(output, 5)));
    await asks.until(({ type }) => type === 'input_required');
    const open = await client.openExecution(asks.id);

    file.lock();
    expect(await whenHealth(lineage, 503)).toMatch(LOCKED);
    expect((await client.get('//health/live')).status).toBe(200);
    const start = () => client.post('/executions', { workflow: asking }, { 'idempotency-key': 'once' });
    const refused = await start();
    expect([refused.status, refused.json.code, refused.headers['retry-after']]).toEqual([503, 'journal_unavailable', '1']);
    expect((await client.post(`/executions/${cancelled.id}/cancel`)).status).toBe(503);
    await heartbeats(open, 15);
    // What is committed can be read, by new readers too, and nobody was sent more than that (P2).
    expect((await client.status(asks.id)).status).toBe('waiting');
    for (const { id, follower } of runs) {
      const committed = file.events(id);
      expect(committed.slice(0, follower.received.length)).toEqual(follower.received.map(({ data }) => data));
      const page = await client.get(`/executions/${id}/events?limit=1000`);
      expect(page.json.lastSeq).toBe(committed.length);
    }
    expect((await health(lineage)).status).toBe(503);

    file.unlock();
    await whenHealth(lineage, 200);
    expect((await start()).status).toBe(202);
    expect((await start()).status).toBe(202);
    expect((await client.get('/executions?workflow=asking')).json.executions).toHaveLength(2);
    expect((await client.post(`/executions/${asks.id}/input`, { value: true })).status).toBe(202);
    await release(runs);
    for (const run of [...runs, cancelled, asks]) {
      const { resumes, starts } = await run.checked();
      expect(resumes).toBe(0);
      expect(starts.filter(({ stepId }) => stepId !== 'again/flaky').every(({ attempt }) => attempt === 1)).toBe(true);
    }
    expect([...runs, cancelled, asks].map(({ log }) => log.at(-1)?.type)).toEqual([
      ...runs.map(() => 'workflow_completed'), 'workflow_cancelled', 'workflow_completed',
    ]);
  }, TIMEOUT);

  it('is told of although nothing is written, as soon as somebody asks', async () => {
    expect(await health(lineage)).toEqual({ status: 200 });
    file.lock();
    expect(await health(lineage)).toEqual({ status: 503, reason: expect.stringMatching(LOCKED) });
    file.unlock();
    await whenHealth(lineage, 200);
  }, TIMEOUT);

  it('is told by the metrics too, which nobody else has asked before', async () => {
    const ready = async () => /^stepcast_journal_ready (\d)$/m.exec((await lineage.client.get('//metrics')).text)?.[1];
    expect(await ready()).toBe('1');
    file.lock();
    expect(await ready()).toBe('0');
    file.unlock();
    await eventually(async () => (await ready()) === '1', 'the metric of a journal that can be written');
  }, TIMEOUT);

  it('ends nothing: killed meanwhile, all goes on after the next start', async () => {
    const runs = await Promise.all([1, 2, 3, 4].map(() => Watched.start(lineage, busy)));
    await Promise.all(runs.map((run) => run.until(output, 5)));
    file.lock();
    await whenHealth(lineage, 503);
    expect(await lineage.end('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
    file.unlock();
    await lineage.start();
    await release(runs);
    for (const run of runs) expect((await run.checked()).resumes).toBe(1);
  }, TIMEOUT);

  it('does not hide a shutdown, which ends with 0: /health/ready says 503 from its first moment on', async () => {
    const runs = await Promise.all([1, 2].map(() => Watched.start(lineage, busy)));
    await Promise.all(runs.map((run) => run.until(output, 5)));
    file.lock();
    lineage.signal('SIGTERM');
    // A shutdown waits a moment for what is to be committed, and so can be asked; on a busy machine it may be gone by then.
    const answers: Awaited<ReturnType<typeof health>>[] = [];
    await eventually(async () => {
      const answer = await health(lineage).catch(({ code = 'none' }: NodeJS.ErrnoException) => code);
      if (typeof answer === 'string') return answer === 'ECONNREFUSED' || answer === 'ECONNRESET';
      answers.push(answer);
      return answer.reason === 'the service is shutting down';
    }, 'the word of the shutdown, or its end');
    expect(answers.filter(({ status }) => status !== 503)).toEqual([]);
    file.unlock();
    expect(await lineage.exited()).toEqual({ code: 0, signal: null });
    await lineage.start();
    await release(runs);
    for (const run of runs) expect((await run.checked()).resumes).toBe(1);
  }, TIMEOUT);
});
