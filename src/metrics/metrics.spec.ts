import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Engine, Gates, turns } from '../../test/support/engine.js';
import { agent, conditional, parallel, retry } from '../orchestration/definition/builder.js';
import { ExecutionMetrics } from './execution.metrics.js';
import { MetricsRegistry } from './metrics.registry.js';
import { StreamMetrics } from './stream.metrics.js';

describe('metrics', () => {
  let engine: Engine;
  let registry: MetricsRegistry;
  let metrics: ExecutionMetrics;
  let gates: Gates;
  /** Lines of the text that tell of us, without help and types. */
  const lines = async () => (await registry.metrics()).split('\n').filter((line) => line.startsWith('stepcast_'));
  const value = async (name: string) => Number((await lines()).find((line) => line.startsWith(`${name} `))?.slice(name.length));

  beforeEach(async () => {
    gates = new Gates();
    registry = new MetricsRegistry();
    engine = new Engine({ agents: { gate: gates.agent, broken: () => { throw new Error('no'); } } });
    metrics = new ExecutionMetrics(registry, engine.journal);
    metrics.onModuleInit();
    await engine.open();
  });
  afterEach(() => engine.close());

  it('tell what has run', async () => {
    await engine.run([
      retry('R', { maxAttempts: 2, backoff: { delayMs: 0 } }, agent('f', async ({ attempt }) => { if (attempt === 1) throw new Error('no'); })),
      conditional('C', { when: 'true', then: agent('echo'), else: agent('other', 'echo') }),
    ]);
    await engine.run(parallel('P', agent('broken'), agent('wait', 'gate')));
    const id = await engine.start(agent('gate'));
    await gates.came('gate#1');
    await engine.executions.cancel(id);
    expect(await Promise.all([
      'stepcast_executions_started_total', 'stepcast_executions_resumed_total', 'stepcast_step_retries_total',
      'stepcast_executions_finished_total{status="completed"}', 'stepcast_executions_finished_total{status="failed"}', 'stepcast_executions_finished_total{status="cancelled"}',
      'stepcast_steps_total{type="agent",status="completed"}', 'stepcast_steps_total{type="agent",status="skipped"}', 'stepcast_steps_total{type="agent",status="failed"}', 'stepcast_steps_total{type="agent",status="cancelled"}',
      'stepcast_steps_total{type="parallel",status="failed"}', 'stepcast_step_duration_seconds_count{type="agent"}', 'stepcast_events_total{type="step_retrying"}',
    ].map(value))).toEqual([3, 0, 1, 1, 1, 1, 2, 1, 1, 2, 1, 2, 1]);
  });

  it('tell of each event once, and of each transaction that brought some', async () => {
    const log = await engine.run(agent('echo'));
    const events = (await lines()).filter((line) => line.startsWith('stepcast_events_total'));
    expect(events.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)).toBe(log.length);
    expect(await value('stepcast_journal_commit_events_sum')).toBe(log.length);
    expect(await value('stepcast_journal_commit_seconds_count')).toBe(await value('stepcast_journal_commit_events_count'));
    expect(await value('stepcast_journal_commit_seconds_count')).toBeGreaterThan(0);
  });

  it('tell what has not finished, by status, in zeros too', async () => {
    const now = async () => Promise.all(['queued', 'running', 'waiting'].map((status) => value(`stepcast_executions{status="${status}"}`)));
    expect(await now()).toEqual([0, 0, 0]);
    const id = await engine.start([agent('gate'), { type: 'input', name: 'ask' }]);
    await gates.came('gate#1');
    await turns();
    expect(await now()).toEqual([0, 1, 0]);
    await gates.open('gate#1');
    await engine.told(id, 'input_required');
    expect(await now()).toEqual([0, 0, 1]);
  });

  it('are told while the journal cannot be read, and say so', async () => {
    expect(await value('stepcast_journal_ready')).toBe(1);
    jest.spyOn(engine.journal, 'countUnfinished').mockRejectedValue(new Error('closed'));
    engine.journal.health$.next({ ready: false, reason: 'the disk is full' });
    expect([await value('stepcast_journal_ready'), await value('stepcast_executions{status="running"}')]).toEqual([0, 0]);
  });

  it('count resumes', async () => {
    const log = await engine.run(agent('echo'));
    const id = await engine.plant({ definition: { name: 'w', steps: [agent('echo')] }, events: log.slice(0, 1) });
    const next = await new Engine({ journal: engine.journal }).open();
    await next.ended(id);
    expect(await value('stepcast_executions_resumed_total')).toBe(1);
  });

  it('stop with the module', async () => {
    metrics.onModuleDestroy();
    await engine.run(agent('echo'));
    expect(await value('stepcast_executions_started_total')).toBe(0);
  });

  it('of streams tell what is open, what was dropped and what was written', async () => {
    const streams = new StreamMetrics(registry);
    const [closed] = [streams.opened(), streams.opened()];
    streams.dropped();
    streams.wrote(7);
    streams.wrote(5);
    closed();
    expect(await Promise.all(['stepcast_streams_open', 'stepcast_streams_dropped_total', 'stepcast_stream_bytes_total'].map(value))).toEqual([1, 1, 12]);
  });

  it('of the process are there as well; those of two apps in one process are apart', async () => {
    expect(await registry.metrics()).toContain('process_cpu_seconds_total');
    new StreamMetrics(new MetricsRegistry()).wrote(1);
    expect((await lines()).join()).not.toContain('stepcast_stream_bytes_total');
  });
});
