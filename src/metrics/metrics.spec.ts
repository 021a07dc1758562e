import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Engine, Gates, turns } from '../../test/support/engine.js';
import { eventually } from '../../test/support/patience.js';
import { type RecordedEvent } from '../journal/event-batch.js';
import { type AgentContext } from '../orchestration/agent.js';
import { agent, conditional, parallel, retry, workflow } from '../orchestration/definition/builder.js';
import { ExecutionMetrics } from './execution.metrics.js';
import { MetricsRegistry } from './metrics.registry.js';
import { Reliability } from './reliability.js';
import { StreamMetrics } from './stream.metrics.js';

describe('metrics', () => {
  let engine: Engine;
  let registry: MetricsRegistry;
  let reliability: Reliability;
  let metrics: ExecutionMetrics;
  let gates: Gates;
  /** Lines of the text that tell of us, without help and types. */
  const lines = async () => (await registry.metrics()).split('\n').filter((line) => line.startsWith('stepcast_'));
  const value = async (name: string) => Number((await lines()).find((line) => line.startsWith(`${name} `))?.slice(name.length));
  const values = async (...names: string[]) => Promise.all(names.map(value));
  /** Brings the clock on while a step waits at its gate. */
  const pass = (ms: number) => void (engine.clock.time += ms);

  beforeEach(async () => {
    gates = new Gates();
    registry = new MetricsRegistry();
    engine = new Engine({ agents: { gate: gates.agent, broken: () => { throw new Error('no'); } } });
    reliability = new Reliability([
      { name: 'works', measure: 'success', target: 0.9, windowMs: 3_600_000 },
      { name: 'quick', measure: 'completion', target: 0.5, windowMs: 3_600_000, thresholdMs: 1000 },
      { name: 'begins', measure: 'first_event', target: 0.5, windowMs: 3_600_000, thresholdMs: 10, workflow: 'adhoc' },
    ], () => engine.clock.now(), () => engine.clock.ticks());
    metrics = new ExecutionMetrics(registry, engine.journal, reliability);
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
    const of = (name: string, more = '') => `stepcast_executions_${name}_total{workflow="adhoc"${more}}`;
    expect(await values(
      of('started'), of('finished', ',status="completed"'), of('finished', ',status="failed"'), of('finished', ',status="cancelled"'), of('compensated'), 'stepcast_step_retries_total',
      'stepcast_steps_total{type="agent",status="completed"}', 'stepcast_steps_total{type="agent",status="skipped"}', 'stepcast_steps_total{type="agent",status="failed"}', 'stepcast_steps_total{type="agent",status="cancelled"}',
      'stepcast_steps_total{type="parallel",status="failed"}', 'stepcast_events_total{type="step_retrying"}',
    )).toEqual([3, 1, 1, 1, 1, 1, 2, 1, 1, 2, 1, 1]);
  });

  it('tell how long steps took, by type, agent and how they ended', async () => {
    const start = engine.run([
      retry('R', { maxAttempts: 2, backoff: { delayMs: 0 } }, agent('f', async ({ attempt }) => { if (attempt === 1) throw new Error('no'); })), agent('gate'),
    ]);
    await gates.came('gate#1');
    await gates.open('gate#1');
    await start;
    await engine.run(agent('broken'));
    const count = (type: string, name: string, outcome: string) => value(`stepcast_step_duration_seconds_count{type="${type}",agent="${name}",outcome="${outcome}"}`);
    expect(await Promise.all([
      count('agent', 'function', 'retried'), count('agent', 'function', 'completed'), count('agent', 'gate', 'completed'), count('agent', 'broken', 'failed'), count('retry', '', 'completed'),
    ])).toEqual([1, 1, 1, 1, 1]);
  });

  it('tell how long executions took, without the time they waited for a person', async () => {
    const id = await engine.start([agent('gate'), { type: 'input', name: 'ask' }]);
    await gates.came('gate#1');
    pass(2000);
    await gates.open('gate#1');
    await engine.told(id, 'input_required');
    pass(60_000);
    await engine.executions.answer(id, undefined, true);
    await engine.ended(id);
    expect(await values(
      'stepcast_execution_duration_seconds_sum{workflow="adhoc",status="completed"}', 'stepcast_execution_first_event_seconds_count{workflow="adhoc"}',
      'stepcast_input_requests_total{workflow="adhoc"}', 'stepcast_input_wait_seconds_sum{workflow="adhoc"}',
    )).toEqual([2, 1, 1, 60]);
    expect(reliability.report('1h')).toMatchObject({
      completed: 1, successRate: 1, humanInputRate: 1, compensationRate: 0, completionMs: { p50: expect.any(Number) },
      inputs: { answered: 1, waitMs: { p99: expect.any(Number) } }, workflows: [{ workflow: 'adhoc', completed: 1 }],
    });
  });

  it('tell no time below nothing where the clock is set back', async () => {
    const held = new Engine({ journal: engine.journal, maxExecutionsPerUser: 1, agents: { gate: gates.agent } });
    await held.start(agent('gate'));
    const id = await held.start(agent('echo'));
    held.clock.time -= 3_600_000;
    await gates.came('gate#1');
    await gates.open('gate#1');
    await held.ended(id);
    expect(await values('stepcast_execution_first_event_seconds_count{workflow="adhoc"}', 'stepcast_execution_first_event_seconds_sum{workflow="adhoc"}')).toEqual([2, 0]);
  });

  it('go by no clock that is set: not what took how long, and not what was when', async () => {
    const count = (name: string) => `stepcast_execution_${name}{workflow="adhoc",status="completed"}`;
    await engine.run(agent('echo'));
    for (const [n, set] of [-3_600_000, 0].entries()) {
      const id = await engine.start(agent(`step${n}`, 'gate'));
      await gates.came(`step${n}#1`);
      await turns();
      engine.clock.shift = set;
      pass(2000);
      await gates.open(`step${n}#1`);
      await engine.ended(id);
      expect(await values(count('duration_seconds_count'), count('duration_seconds_sum'))).toEqual([n + 2, 2 * (n + 1)]);
      expect(reliability.sloReports().map(({ good, bad }) => [good, bad])).toEqual([[n + 2, 0], [1, n + 1], [n + 2, 0]]);
      expect(reliability.report('1h').completed).toBe(n + 2);
    }
  });

  it('tell what models used and what was in their caches, and nothing of amounts that are none', async () => {
    await engine.run([
      agent('a', (context) => context.usage({ inputTokens: 100, cachedInputTokens: 40, outputTokens: 10, reasoningTokens: 3, costUsd: 0.5 })),
      agent('b', (context) => context.usage({ inputTokens: 1, outputTokens: -5, costUsd: NaN })),
      agent('c', () => 1),
    ]);
    const tokens = (kind: string) => `stepcast_model_tokens_total{workflow="adhoc",kind="${kind}"}`;
    expect(await values(
      'stepcast_model_steps_total{workflow="adhoc"}', 'stepcast_model_cache_hits_total{workflow="adhoc"}', 'stepcast_model_cost_usd_total{workflow="adhoc"}',
      tokens('input'), tokens('cached_input'), tokens('output'), tokens('reasoning'),
    )).toEqual([2, 1, 0.5, 101, 40, 10, 3]);
  });

  it('tell of calls of tools by their name, of as many names as are bounded', async () => {
    await engine.run(agent('a', (context) => {
      for (let i = 0; i < 150; i++) {
        context.toolCall({ callId: `${i}`, tool: `made-up-${i}`, input: null });
        context.toolResult(`${i}`, i % 2 ? { output: 1 } : { error: new Error('no') });
      }
    }));
    const told = (await lines()).filter((line) => line.startsWith('stepcast_tool_call_duration_seconds_count'));
    expect(told).toHaveLength(102);
    expect(await value('stepcast_tool_call_duration_seconds_count{tool="other",outcome="failed"}')).toBe(25);
    expect(reliability.report('1h').toolCalls).toMatchObject({ calls: 150, failed: 75 });
  });

  it('name workflows of code and stored ones, and no others', async () => {
    engine.registry.register(workflow('shipped', agent('echo')), () => []);
    const run = async (source: Parameters<typeof engine.executions.start>[0]) => engine.ended((await engine.executions.start(source, null)).record.id);
    await run('shipped');
    for (let i = 0; i < 102; i++) {
      await engine.catalog.save('local', workflow(`mine-${i}`, agent('echo')));
      await run(`mine-${i}`);
    }
    await run(workflow('given', agent('echo')));
    const started = (name: string) => value(`stepcast_executions_started_total{workflow="${name}"}`);
    expect(await Promise.all([started('shipped'), started('mine-0'), started('mine-99'), started('other'), started('adhoc')])).toEqual([1, 1, 1, 2, 1]);
    expect(await Promise.all([started('mine-100'), started('given')])).toEqual([NaN, NaN]);
  });

  it('tell of objectives what was good and how fast they burn', async () => {
    await engine.run(agent('echo'));
    await engine.run(agent('broken'));
    const slow = await engine.start(agent('gate'));
    await gates.came('gate#1');
    pass(5000);
    await gates.open('gate#1');
    await engine.ended(slow);
    expect(await values('stepcast_slo_target{slo="works"}', 'stepcast_slo_ratio{slo="quick"}', 'stepcast_slo_ratio{slo="begins"}', 'stepcast_slo_burn_rate{slo="quick",window="5m"}')).toEqual([0.9, 0.5, 1, 1]);
    expect(await value('stepcast_slo_burn_rate{slo="works",window="1h"}')).toBeCloseTo(10 / 3);
    pass(3_600_000);
    expect(await values('stepcast_slo_ratio{slo="works"}', 'stepcast_slo_burn_rate{slo="works",window="1h"}')).toEqual([NaN, 0]);
  });

  it('tell of each event once, and of each transaction that brought some', async () => {
    const log = await engine.run(agent('echo'));
    const events = (await lines()).filter((line) => line.startsWith('stepcast_events_total'));
    expect(events.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)).toBe(log.length);
    expect(await value('stepcast_journal_commit_events_sum')).toBe(log.length);
    expect(await value('stepcast_journal_commit_characters_sum')).toBe(log.reduce((sum, event) => sum + JSON.stringify(event).length, 0));
    expect(await value('stepcast_journal_commit_seconds_count')).toBe(await value('stepcast_journal_commit_events_count'));
    expect(await value('stepcast_journal_commit_seconds_count')).toBeGreaterThan(0);
  });

  it('tell what has not finished, by status, in zeros too', async () => {
    const now = () => values(...['queued', 'running', 'waiting'].map((status) => `stepcast_executions{workflow="adhoc",status="${status}"}`));
    expect(await now()).toEqual([NaN, NaN, NaN]);
    const id = await engine.start([agent('gate'), { type: 'input', name: 'ask' }]);
    await gates.came('gate#1');
    await turns();
    expect(await now()).toEqual([0, 1, 0]);
    await gates.open('gate#1');
    await engine.told(id, 'input_required');
    expect(await now()).toEqual([0, 0, 1]);
    await engine.executions.cancel(id);
    expect(await now()).toEqual([0, 0, 0]);
  });

  it('are told while the journal cannot be read, and say so', async () => {
    await engine.run(agent('echo'));
    expect(await value('stepcast_journal_ready')).toBe(1);
    jest.spyOn(engine.journal, 'countUnfinished').mockRejectedValue(new Error('closed'));
    engine.journal.health$.next({ ready: false, reason: 'the disk is full' });
    expect(await values('stepcast_journal_ready', 'stepcast_executions{workflow="adhoc",status="running"}')).toEqual([0, 0]);
  });

  it('say that the journal cannot be written although nothing has tried to', async () => {
    jest.spyOn(engine.journal, 'check').mockResolvedValue({ ready: false, reason: 'database is locked' });
    expect([engine.journal.health$.value.ready, await value('stepcast_journal_ready')]).toEqual([true, 0]);
  });

  it('of executions that another process began are those of their workflow, and they count as compensated', async () => {
    const log = await engine.run(agent('echo'));
    const id = await engine.plant({ definition: { name: 'w', steps: [agent('echo')] }, events: log.slice(0, 1) });
    const next = await new Engine({ journal: engine.journal }).open();
    await next.ended(id);
    await turns();
    const of = (name: string) => `stepcast_executions_${name}_total{workflow="adhoc"}`;
    expect(await values(of('resumed'), of('compensated'), 'stepcast_executions_finished_total{workflow="adhoc",status="completed"}')).toEqual([1, 1, 2]);
    expect(await value('stepcast_execution_duration_seconds_count{workflow="adhoc",status="completed"}')).toBe(2);
  });

  it('of executions that another process began know whom it has asked, and since when', async () => {
    const steps = [agent('a', 'tells'), { type: 'input' as const, name: 'ask' }, { type: 'input' as const, name: 'more' }];
    const agents = { tells: (context: AgentContext) => context.text('x') };
    const first = await new Engine({ agents }).open();
    const before = await first.start(steps);
    await first.told(before, 'input_required', 'ask');
    first.clock.time += 10_000;
    await first.executions.answer(before, undefined, true);
    const log = await first.told(before, 'input_required', 'more');
    await first.close();
    const id = await engine.plant({ definition: { name: 'w', steps }, events: log });
    // As the metrics of the process that goes on with it: they have seen nothing of it.
    metrics.onModuleDestroy();
    registry = new MetricsRegistry();
    const next = new Engine({ journal: engine.journal, agents });
    next.clock.time += 60_000;
    reliability = new Reliability([], () => next.clock.now());
    metrics = new ExecutionMetrics(registry, engine.journal, reliability);
    metrics.onModuleInit();
    await next.open();
    await next.told(id, 'workflow_resumed');
    await next.told(id, 'step_started', 'more');
    await eventually(async () => (await value('stepcast_events_total{type="input_required"}')) === 1, 'the question, again');
    next.clock.time += 30_000;
    await next.executions.answer(id, 'more', true);
    await next.ended(id);
    await eventually(async () => (await value('stepcast_executions_finished_total{workflow="adhoc",status="completed"}')) === 1, 'the end');
    // It has waited for 10 seconds and for 80, and for nothing else. The question and the output were counted by the first process.
    expect(await values(
      'stepcast_execution_duration_seconds_sum{workflow="adhoc",status="completed"}', 'stepcast_input_wait_seconds_sum{workflow="adhoc"}', 'stepcast_input_wait_seconds_count{workflow="adhoc"}',
      'stepcast_input_requests_total{workflow="adhoc"}', 'stepcast_execution_first_output_seconds_count{workflow="adhoc"}',
    )).toEqual([0, 80, 1, NaN, 0]);
    expect(reliability.report('1h')).toMatchObject({ completed: 1, humanInputRate: 1, compensationRate: 1 });
  });

  it('keep nothing of executions that have ended', async () => {
    await engine.run(agent('echo'));
    await engine.run(agent('broken'));
    expect((metrics as unknown as { live: Map<string, object> }).live.size).toBe(0);
  });

  it('stop with the module', async () => {
    metrics.onModuleDestroy();
    await engine.run(agent('echo'));
    expect((await lines()).join()).not.toContain('stepcast_executions_started_total');
  });

  it('of the process are there as well; those of two apps in one process are apart', async () => {
    expect(await registry.metrics()).toContain('process_cpu_seconds_total');
    new StreamMetrics(new MetricsRegistry()).wrote(1);
    expect((await lines()).join()).not.toContain('stepcast_stream_bytes_total');
  });

  it('are given as JSON by the registry too, and set back with it', async () => {
    await engine.run(agent('echo'));
    const json = await registry.getMetricsAsJSON();
    expect(json.find(({ name }) => name === 'stepcast_executions_started_total')?.values).toEqual([{ labels: { workflow: 'adhoc' }, value: 1 }]);
    registry.resetMetrics();
    expect((await lines()).join()).not.toContain('stepcast_executions_started_total{');
  });

  it('of events carry the agent they are of, which is no part of the log', async () => {
    const told: RecordedEvent[] = [];
    engine.journal.commits$.subscribe(({ batches }) => told.push(...batches.flatMap(({ events }) => events)));
    await engine.run(agent('a', 'echo'));
    expect(told.map(({ type, about }) => [type, about])).toContainEqual(['step_completed', 'echo']);
    expect(told.some(({ json }) => json.includes('about'))).toBe(false);
  });
});

describe('metrics of streams', () => {
  let registry: MetricsRegistry;
  let streams: StreamMetrics;
  const value = async (name: string) => Number(new RegExp(`^${name} (.*)$`, 'm').exec(await registry.metrics())?.[1]);
  const values = (...names: string[]) => Promise.all(names.map(value));

  beforeEach(() => {
    registry = new MetricsRegistry();
    streams = new StreamMetrics(registry);
  });

  it('tell what is open, what was dropped, resumed and replayed, and what was written', async () => {
    const [closed] = [streams.opened(), streams.opened(true)];
    streams.dropped();
    streams.replaying();
    streams.wrote(7, { events: 2, writes: 0 });
    streams.wrote(5);
    closed?.();
    expect(await values(
      'stepcast_streams_open', 'stepcast_streams_opened_total', 'stepcast_streams_dropped_total', 'stepcast_stream_resumes_total',
      'stepcast_stream_replays_total', 'stepcast_stream_bytes_total', 'stepcast_stream_events_total', 'stepcast_stream_replayed_events_total',
    )).toEqual([1, 2, 1, 1, 1, 12, 2, 2]);
  });

  it('time the delivery for the first of those who share a write, and for some of the others', async () => {
    const written = { events: 1, recordedAt: performance.now(), writes: 0 };
    for (let i = 0; i < 130; i++) streams.wrote(1, written);
    expect(await values('stepcast_stream_delivery_seconds_count', 'stepcast_stream_events_total')).toEqual([3, 130]);
  });

  it('do not time what was recorded before its reader came', async () => {
    streams.wrote(1, { events: 1, recordedAt: 10, writes: 0 }, 20);
    expect(await value('stepcast_stream_delivery_seconds_count')).toBe(0);
  });
});
