import { Logger } from '@nestjs/common';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { Engine, Gates } from '../../../test/support/engine.js';
import { type MemorySpan, MemoryTracing } from '../../../test/support/tracer.js';
import { type Step } from '../../contract/definition.js';
import { type ExecutionEvent } from '../../contract/events.js';
import { type AgentContext } from '../agent.js';
import { agent, iteration, parallel, retry, sequential, workflow } from '../definition/builder.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const GIVEN = `00-${TRACE}-${SPAN}-01`;

const gates = new Gates();
const engines: Engine[] = [];
let tracing: MemoryTracing | undefined;

async function open(options: ConstructorParameters<typeof Engine>[0] = {}): Promise<Engine> {
  const engine = new Engine({ ...options, agents: { gate: gates.agent, ...options.agents } });
  engines.push(engine);
  return engine.open();
}
const traced = () => (tracing = new MemoryTracing().register());
const run = async (engine: Engine, steps: Step[], traceparent?: string) => {
  const { record } = await engine.executions.start(workflow('w', ...steps), { a: 1 }, traceparent === undefined ? {} : { traceparent });
  return { id: record.id, log: await engine.ended(record.id) };
};
const startOf = (log: readonly ExecutionEvent[]) => log[0]?.data as { traceId?: string; spanId?: string };

afterEach(async () => {
  tracing?.remove();
  tracing = undefined;
  await Promise.all(engines.splice(0).map((engine) => engine.close()));
});

describe('without a tracer', () => {
  it('events and agents know of no trace', async () => {
    let seen: string | undefined = 'not asked';
    const { log } = await run(await open(), [agent('a', (given) => void (seen = given.traceparent))]);
    expect([startOf(log), seen]).toEqual([{ input: { a: 1 } }, undefined]);
  });

  it('the trace of the start is handed on as it is, and told', async () => {
    let seen: string | undefined;
    const { log } = await run(await open(), [agent('a', (given) => void (seen = given.traceparent))], GIVEN);
    expect([startOf(log).traceId, startOf(log).spanId, seen]).toEqual([TRACE, undefined, GIVEN]);
  });

  it('one that is not valid is passed by, and starts all the same', async () => {
    const { log } = await run(await open(), [agent('echo')], `00-${'0'.repeat(32)}-${SPAN}-01`);
    expect(log.at(-1)?.type).toBe('workflow_completed');
    expect(startOf(log).traceId).toBeUndefined();
  });
});

describe('with a tracer', () => {
  it('an execution is a span, and each attempt of a step one below that of the step around it', async () => {
    const { spans, one, named, parentOf } = bound(traced());
    const { id, log } = await run(await open(), [
      parallel('gather', agent('x', 'echo'), sequential('s', agent('y', 'echo'))),
      iteration('loop', { maxIterations: 2 }, agent('critic', 'echo')),
      retry('again', { maxAttempts: 2, backoff: { delayMs: 0 } }, agent('flaky', ({ attempt }) => { if (attempt === 1) throw new Error('not yet'); })),
    ]);
    const root = one('workflow w');
    expect(root).toMatchObject({ parent: undefined, ended: true, attributes: { 'stepcast.execution.id': id, 'stepcast.workflow': 'w', 'stepcast.status': 'completed', 'stepcast.resumed': false } });
    expect(startOf(log)).toMatchObject({ traceId: root.spanContext().traceId, spanId: root.spanContext().spanId });
    expect(spans.every((span) => span.ended && span.spanContext().traceId === root.spanContext().traceId)).toBe(true);
    expect(spans.map((span) => `${span.name} < ${parentOf(span) ?? ''}`).sort()).toEqual([
      'agent critic < iteration loop', 'agent critic < iteration loop', 'agent flaky < retry again', 'agent flaky < retry again', 'agent x < parallel gather', 'agent y < sequential s',
      'iteration loop < workflow w', 'parallel gather < workflow w', 'retry again < workflow w', 'sequential s < parallel gather', 'workflow w < ',
    ]);
    expect(named('agent critic').map(({ attributes }) => attributes['stepcast.step.id'])).toEqual(['loop[1]/critic', 'loop[2]/critic']);
    expect(named('agent flaky')).toMatchObject([
      { attributes: { 'stepcast.status': 'retrying', 'stepcast.step.attempt': 1, 'stepcast.agent': 'function', 'stepcast.error.code': 'agent_failed' }, status: { message: 'not yet' } },
      { attributes: { 'stepcast.status': 'completed', 'stepcast.step.attempt': 2 } },
    ]);
  });

  it('spans tell of the session, of the iteration and of what was used', async () => {
    const { one, named } = bound(traced());
    const engine = await open();
    const uses = (ctx: AgentContext) => ctx.usage({ inputTokens: 3, outputTokens: 5 });
    const { record } = await engine.executions.start(workflow('w', iteration('loop', { maxIterations: 2 }, agent('a', uses))), null, { sessionId: 's-1' });
    await engine.ended(record.id);
    expect(one('workflow w').attributes).toMatchObject({ 'stepcast.session.id': 's-1' });
    expect(named('agent a').map(({ attributes }) => [attributes['stepcast.step.iteration'], attributes['stepcast.usage.inputTokens'], attributes['stepcast.usage.outputTokens']])).toEqual([[1, 3, 5], [2, 3, 5]]);
  });

  it('what fails, is cancelled and asks a person is told so', async () => {
    const { one } = bound(traced());
    const engine = await open();
    await run(engine, [parallel('p', agent('bad', () => { throw new Error('broken'); }), agent('wait', 'gate'))]);
    expect([one('workflow w'), one('parallel p'), one('agent bad'), one('agent wait')].map(({ attributes }) => attributes['stepcast.status'])).toEqual(['failed', 'failed', 'failed', 'cancelled']);
    expect(one('workflow w').status.message).toBe('broken');
    const id = await engine.start({ type: 'input', name: 'ask' });
    await engine.told(id, 'input_required');
    await engine.executions.cancel(id);
    expect(one('input ask')).toMatchObject({ ended: true, events: ['input_required'], attributes: { 'stepcast.status': 'cancelled' } });
  });

  it('the trace of the start goes on in it, and is handed on to agents with the span of their attempt', async () => {
    const { one } = bound(traced());
    let seen: string | undefined;
    const { log } = await run(await open(), [agent('a', (given) => void (seen = given.traceparent))], GIVEN);
    expect(one('workflow w').parent).toMatchObject({ traceId: TRACE, spanId: SPAN, isRemote: true });
    expect(startOf(log).traceId).toBe(TRACE);
    expect(seen).toBe(`00-${TRACE}-${one('agent a').spanContext().spanId}-01`);
  });

  it('a span that is active where it is started outweighs what the caller has sent', async () => {
    const { one } = bound(traced());
    const engine = await open();
    const around = trace.getTracer('test').startSpan('request');
    await context.with(trace.setSpan(ROOT_CONTEXT, around), () => run(engine, [agent('echo')], GIVEN));
    expect(one('workflow w').parent).toMatchObject({ traceId: around.spanContext().traceId, spanId: around.spanContext().spanId });
  });

  it.each([
    ['a promise', async (note: () => void): Promise<void> => { await new Promise(setImmediate); note(); }],
    ['a plain function', (note: () => void): void => note()],
    ['a generator', async function* (note: () => void): AsyncGenerator<string> { yield 'a'; await new Promise(setImmediate); note(); }],
  ] as const)('the span of the attempt is the active one in %s', async (_what, work) => {
    const { one } = bound(traced());
    const active: (string | undefined)[] = [];
    const note = () => void active.push(trace.getActiveSpan()?.spanContext().spanId);
    await run(await open(), [parallel('p', agent('a', () => work(note)), agent('b', 'echo'))]);
    expect(active).toEqual([one('agent a').spanContext().spanId]);
  });

  it('after a crash it goes on in the same trace, with a link to the span before', async () => {
    const { named, one } = bound(traced());
    const before = [1, 2].map((i) => `${i}`.repeat(16));
    const engine = await open();
    const { log } = await run(engine, [agent('echo')]);
    const [first] = log as [ExecutionEvent];
    const id = await engine.plant({
      definition: { name: 'after', steps: [{ type: 'agent', name: 'echo', agent: 'echo' }] },
      events: [{ ...first, data: { input: null, traceId: TRACE, spanId: before[0] } } as ExecutionEvent],
    });
    const next = await open({ journal: engine.journal });
    const resumed = (await next.ended(id)).find(({ type }) => type === 'workflow_resumed');
    const span = one('workflow after');
    expect(span).toMatchObject({ parent: { traceId: TRACE, spanId: before[0] }, links: [{ context: { traceId: TRACE, spanId: before[0] } }], attributes: { 'stepcast.resumed': true, 'stepcast.status': 'completed' } });
    expect(resumed?.data).toMatchObject({ traceId: TRACE, spanId: span.spanContext().spanId });
    expect(named('agent echo').at(-1)?.parent?.spanId).toBe(span.spanContext().spanId);
  });

  it('what waits in the queue keeps the trace of its start over a restart', async () => {
    const { named } = bound(traced());
    const engine = await open({ maxExecutionsPerUser: 1 });
    const held = (await engine.executions.start(workflow('held', agent('gate')), null)).record.id;
    await gates.came('gate#1');
    const { record } = await engine.executions.start(workflow('queued', agent('echo')), null, { traceparent: GIVEN });
    await engine.scheduler.suspendAll();
    expect([...named('workflow held'), ...named('agent gate')]).toMatchObject([{ ended: true, attributes: { 'stepcast.status': 'suspended' } }, { ended: true, attributes: { 'stepcast.status': 'suspended' } }]);
    const next = await open({ journal: engine.journal });
    await next.ended(record.id);
    expect(named('workflow queued')).toMatchObject([{ parent: { traceId: TRACE, spanId: SPAN } }]);
    await next.executions.cancel(held);
  });

  it('a tracer that records nothing has no spans, and its trace is told', async () => {
    tracing = new MemoryTracing();
    const unsampled = { traceId: TRACE, spanId: SPAN, traceFlags: 0 };
    tracing.getTracer = () => ({ startSpan: () => trace.wrapSpanContext(unsampled), startActiveSpan: () => undefined as never });
    tracing.register();
    let seen: AgentContext['traceparent'];
    const { log } = await run(await open(), [agent('a', (given) => void (seen = given.traceparent))]);
    expect([startOf(log).traceId, startOf(log).spanId, seen]).toEqual([TRACE, undefined, `00-${TRACE}-${SPAN}-00`]);
  });
});

describe('a tracer that fails', () => {
  const failing = (broken: (name: string, span: MemorySpan) => void) => {
    const memory = traced();
    const { startSpan } = memory.getTracer();
    memory.getTracer = () => ({
      startSpan: (name, ...args) => {
        const span = startSpan(name, ...args) as MemorySpan;
        broken(name, span);
        return span;
      },
      startActiveSpan: () => undefined as never,
    });
    return memory;
  };
  const fail = (): never => {
    throw new Error('the sampler is broken');
  };

  it('to begin the span of an execution costs it its spans, and nothing else', async () => {
    failing(fail);
    let seen: string | undefined;
    const { log } = await run(await open(), [agent('a', (given) => void (seen = given.traceparent))], GIVEN);
    expect([log.at(-1)?.type, startOf(log).traceId, startOf(log).spanId, seen]).toEqual(['workflow_completed', TRACE, undefined, GIVEN]);
    expect((await run(await open(), [agent('echo')])).log.at(-1)?.type).toBe('workflow_completed');
  });

  it('is told of once, however often it does', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
    failing(fail);
    const engine = await open();
    for (let i = 0; i < 3; i++) await run(engine, [agent('echo')]);
    expect(warn.mock.calls.filter(([line]) => String(line).includes('the tracer fails')).length).toBeLessThanOrEqual(1);
    warn.mockRestore();
  });

  it('to begin that of a step lets what is below it hang on the one around', async () => {
    const { one } = bound(failing((name) => void (name === 'sequential s' && fail())));
    const { log } = await run(await open(), [sequential('s', agent('a', 'echo'))]);
    expect(log.at(-1)?.type).toBe('workflow_completed');
    expect(one('agent a').parent?.spanId).toBe(one('workflow w').spanContext().spanId);
  });

  it.each([['completes', 'workflow_completed', (): number => 1], ['fails', 'workflow_failed', fail]] as const)('to end spans does not keep from ending one that %s', async (_what, type, work) => {
    failing((_name, span) => void (span.end = fail));
    const { log } = await run(await open(), [sequential('s', agent('a', work))]);
    expect(log.at(-1)?.type).toBe(type);
  });
});

function bound(memory: MemoryTracing) {
  return { spans: memory.spans, one: memory.one.bind(memory), named: memory.named.bind(memory), parentOf: memory.parentOf.bind(memory) };
}
