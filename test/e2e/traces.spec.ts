import { afterEach, describe, expect, it } from '@jest/globals';
import { Agent } from '../../src/orchestration/decorators.js';
import { type AgentContext } from '../../src/orchestration/agent.js';
import { agent, workflow } from '../../src/orchestration/definition/builder.js';
import { type ExecutionEvent } from '../../src/contract/events.js';
import { TestApp } from '../support/app.js';
import { KEYS } from '../support/client.js';
import { MemoryTracing } from '../support/tracer.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const GIVEN = `00-${TRACE}-b7ad6b7169203331-01`;

@Agent('tell-trace')
class TellTrace {
  execute({ traceparent }: AgentContext): string | null {
    return traceparent ?? null;
  }
}

let app: TestApp;
let tracing: MemoryTracing | undefined;
afterEach(async () => {
  tracing?.remove();
  tracing = undefined;
  await app.close();
});

const steps = workflow('traced', agent('a', 'tell-trace'));
const traceOf = (events: readonly ExecutionEvent[]) => (events[0]?.data as { traceId?: string }).traceId;
const resultOf = (events: readonly ExecutionEvent[]) => (events.at(-1)?.data as { result?: string | null }).result;
async function run(headers: Record<string, string | string[]>, path = '/executions', body: object = { workflow: steps }): Promise<ExecutionEvent[]> {
  const started = await app.alice.post(path, body, headers);
  expect(started.status).toBe(202);
  return app.alice.follow((started.json as { id: string }).id);
}

describe('a trace', () => {
  it.each(['express', 'fastify'] as const)('sent with a start is told in its first event and handed on to its agents, on %s', async (platform) => {
    app = await TestApp.start({ platform, providers: [TellTrace] });
    const events = await run({ traceparent: GIVEN });
    expect([traceOf(events), resultOf(events)]).toEqual([TRACE, GIVEN]);
    await app.alice.post('/workflows', steps);
    const stored = await run({ traceparent: GIVEN }, '/workflows/traced/executions', {});
    expect([traceOf(stored), resultOf(stored)]).toEqual([TRACE, GIVEN]);
  });

  it('that is none is passed by: the start is as without it, and so is its idempotency', async () => {
    app = await TestApp.start({ providers: [TellTrace] });
    for (const traceparent of ['', 'nonsense', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`, `${GIVEN}\t`.trim() + '-x', [GIVEN, GIVEN], '<script>']) {
      const events = await run({ traceparent });
      expect([traceOf(events), resultOf(events)]).toEqual([undefined, null]);
    }
    const key = { 'idempotency-key': 'k' };
    const ids = await Promise.all([key, { ...key, traceparent: GIVEN }].map(async (headers) => ((await app.alice.post('/executions', { workflow: steps }, headers)).json as { id: string }).id));
    expect(ids[0]).toBe(ids[1]);
  });

  it('is continued by a tracer of the app, and on after a restart', async () => {
    tracing = new MemoryTracing().register();
    app = await TestApp.start({ providers: [TellTrace] });
    const started = await app.alice.post('/executions', { workflow: workflow('asks', { type: 'input', name: 'ask' }, agent('a', 'tell-trace', { input: null })) }, { traceparent: GIVEN });
    const { id } = started.json as { id: string };
    const reader = await app.alice.openExecution(id);
    await reader.untilEvent('input_required');
    reader.close();
    app = await app.restart();
    expect((await app.as({ 'x-api-key': KEYS.alice }).post(`/executions/${id}/input`, { value: 1 })).status).toBe(202);
    const events = await app.alice.follow(id);
    const [first, second] = tracing.named('workflow asks');
    expect([first, second].map((span) => [span?.parent?.traceId, span?.attributes['stepcast.status']])).toEqual([[TRACE, 'suspended'], [TRACE, 'completed']]);
    expect(second?.links.map(({ context }) => context.spanId)).toEqual([first?.spanContext().spanId]);
    expect(resultOf(events)).toBe(`00-${TRACE}-${tracing.one('agent a').spanContext().spanId}-01`);
    expect(events.filter(({ type }) => type === 'workflow_resumed')).toMatchObject([{ data: { traceId: TRACE } }]);
  });
});
