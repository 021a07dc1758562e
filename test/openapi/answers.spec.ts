/** What the service really answers and sends is what the document says: every answer here was held against it. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type WorkflowDefinition } from '../../src/contract/definition.js';
import { EVENT_TYPES, type ExecutionEvent } from '../../src/contract/events.js';
import { type JsonValue } from '../../src/contract/json.js';
import { agent, conditional, iteration, parallel, retry, workflow } from '../../src/orchestration/definition/builder.js';
import { type AgentContext } from '../../src/orchestration/agent.js';
import { ExecutionService } from '../../src/orchestration/execution.service.js';
import { WorkflowRegistry } from '../../src/orchestration/registry/workflow.registry.js';
import { Journal } from '../../src/journal/journal.js';
import { DEFINITION, EVENTS, INPUT } from '../../src/streaming/openapi/examples.js';
import { type Answer, type Started } from '../support/client.js';
import { type Operation, type ParameterObject, type RequestBodyObject } from './support/contract.js';
import { Service } from './support/service.js';

const SSE = { accept: 'text/event-stream' };
const CHAT = { id: 'c', messages: [{ id: 'm', role: 'user', parts: [{ type: 'text', text: 'It is short.' }] }] };

/** All types of step, retries, rounds, a branch that is skipped, one that fails and one that is cancelled for it. */
const EVERY_STEP: WorkflowDefinition = {
  name: 'every', description: 'All types of step', streaming: { bufferSize: 10 }, timeoutMs: 60_000,
  steps: [
    { type: 'sequential', name: 'first', steps: [{ type: 'agent', name: 'words', agent: 'tokens', input: { count: 3 } }] },
    { type: 'parallel', name: 'both', onError: 'continue', steps: [{ type: 'agent', name: 'good', agent: 'echo', input: { n: [1, null, 'x'] } }, { type: 'agent', name: 'bad', agent: 'flaky', input: { failures: 100 } }] },
    { type: 'conditional', name: 'choice', when: 'true', then: { type: 'agent', name: 'yes', agent: 'echo' }, else: { type: 'agent', name: 'no', agent: 'echo' } },
    { type: 'retry', name: 'again', maxAttempts: 2, backoff: { delayMs: 0 }, step: { type: 'agent', name: 'shaky', agent: 'flaky', input: { failures: 1 } } },
    { type: 'iteration', name: 'rounds', maxIterations: 2, step: { type: 'agent', name: 'round', agent: 'echo' } },
    { type: 'input', name: 'ask', prompt: 'Go on?', schema: { type: ['boolean', 'null'] } },
  ],
};
const FAILS: WorkflowDefinition = {
  name: 'fails',
  steps: [{ type: 'parallel', name: 'race', steps: [{ type: 'agent', name: 'slow', agent: 'delay', input: { ms: 60_000 } }, { type: 'agent', name: 'bad', agent: 'flaky', input: { failures: 1 } }] }],
};
const WAITS: WorkflowDefinition = { name: 'waits', steps: [{ type: 'input', name: 'ask' }] };

let service: Service;

beforeAll(async () => {
  service = await Service.start();
});
afterAll(() => service.close());

const idOf = ({ json }: Answer) => (json as Started).id;
const run = async (definition: WorkflowDefinition, more: object = {}) => idOf(await service.alice.post('/executions', { workflow: definition, ...more }));
const stream = (id: string, query = '') => service.alice.get(`/executions/${id}/stream${query}`, SSE);

/** Answers the step that waits, as soon as it does. */
async function answer(id: string, value: JsonValue): Promise<void> {
  const reader = await service.alice.openExecution(id);
  await reader.untilEvent('input_required');
  reader.close();
  expect((await service.alice.post(`/executions/${id}/input`, { value })).status).toBe(202);
}

describe('events', () => {
  it('of a run with all types of step are as documented, as a stream, as pages and as a status', async () => {
    const id = await run(EVERY_STEP, { input: { any: 'thing' }, sessionId: 's1' });
    await answer(id, null);
    const { text } = await stream(id, '?heartbeat=event');
    const page = await service.alice.get(`/executions/${id}/events?limit=1000`);
    const { events, terminal } = page.json as { events: ExecutionEvent[]; terminal: boolean };
    expect(terminal).toBe(true);
    expect(text.match(/^data: /gm)).toHaveLength(events.length);
    expect(new Set(events.map(({ step }) => step?.type))).toEqual(new Set([undefined, 'sequential', 'agent', 'parallel', 'conditional', 'retry', 'iteration', 'input']));
    const { steps } = await service.alice.status(id);
    expect(Object.keys(steps)).toEqual(expect.arrayContaining(['both/bad', 'choice/no', 'again/shaky', 'rounds[2]/round', 'ask']));
  });

  it('of one that fails and of one that is cancelled are', async () => {
    const failed = await run(FAILS);
    expect((await stream(failed)).text).toContain('workflow_failed');
    expect((await service.alice.status(failed)).error).toMatchObject({ code: 'agent_failed', stepId: 'race/bad' });
    const cancelled = await run(WAITS);
    expect((await service.alice.post(`/executions/${cancelled}/cancel`, { reason: 'enough' })).status).toBe(202);
    expect((await stream(cancelled, '?named=false')).text).toContain('workflow_cancelled');
    await service.alice.status(cancelled);
  });

  it('of agents that tell all there is to tell are', async () => {
    const talkative = (context: AgentContext) => {
      context.progress(0.5, 'half', { of: 'it' });
      context.text('a');
      context.reasoning('b');
      context.data({ c: [null] });
      context.log('d', 'warn', 'cost');
      context.usage({ inputTokens: 1, outputTokens: 2, totalTokens: 3, costUsd: 0.004 });
      return { done: true };
    };
    const broken = () => {
      throw Object.assign(new Error('no connection'), { code: 'ECONNREFUSED' });
    };
    const { id, result } = await service.app.get(ExecutionService).executeStreaming(workflow('talk', agent('talk', talkative), agent('break', broken)), {}, { user: 'alice' });
    await expect(result()).rejects.toMatchObject({ code: 'agent_failed' });
    expect((await stream(id)).text).toContain('ECONNREFUSED');
    expect((await service.alice.status(id)).usage).toEqual({ inputTokens: 1, outputTokens: 2, totalTokens: 3, costUsd: 0.004 });
  });

  it('of one that goes on after a restart are; then every type has been seen but those of tools', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'stepcast-openapi-'));
    try {
      let id = '';
      await Service.use({ dataDir }, service.contract, async ({ alice }) => {
        id = idOf(await alice.post('/executions', { workflow: WAITS }));
        const reader = await alice.openExecution(id);
        await reader.untilEvent('input_required');
      });
      await Service.use({ dataDir }, service.contract, async ({ alice }) => {
        expect((await alice.post(`/executions/${id}/input`, { value: 1 })).status).toBe(202);
        expect((await alice.get(`/executions/${id}/stream`, SSE)).text).toMatch(/checkpoint_saved[^]*workflow_resumed/);
      });
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
    // An agent of this version has no way to call a tool.
    const unseen = EVENT_TYPES.filter((type) => !service.contract.seenTypes.has(type));
    expect(unseen).toEqual(['tool_call', 'tool_result']);
  });

  it('are refused by the schemas where a field is too many or missing', async () => {
    const id = await run(EVERY_STEP);
    await answer(id, true);
    const { events } = (await service.alice.get(`/executions/${id}/events?limit=1000`)).json as { events: ExecutionEvent[] };
    const validate = service.contract.component('ExecutionEvent');
    for (const event of events) {
      const { data, step, ...envelope } = event;
      const spoilt = [
        { ...event, colour: 1 }, { ...event, data: { ...data, colour: 1 } }, envelope, { ...event, seq: 0 }, { ...event, type: 'step_exploded' },
        ...(step ? [{ ...event, step: { ...step, colour: 1 } }, { ...envelope, data }] : [{ ...event, step: { id: 'x' } }]),
      ];
      expect(validate(event)).toBe(true);
      for (const wrong of spoilt) expect([wrong, validate(wrong)]).toEqual([wrong, false]);
    }
  });
});

describe('the example', () => {
  it('is what really happens', async () => {
    const id = await run(DEFINITION, { input: INPUT });
    const reader = await service.alice.openExecution(id);
    await reader.untilEvent('input_required');
    reader.close();
    const alike = (events: ExecutionEvent[]) => events.map(({ executionId: _id, timestamp: _at, ...event }) => (event.step ? { ...event, step: { ...event.step, durationMs: 0 } } : event));
    expect(alike(reader.events)).toEqual(alike(EVENTS));
  });

  it.each([['storeWorkflow'], ['startWorkflow'], ['runDefinition'], ['sendInput'], ['cancelExecution'], ['chat'], ['runAgent']])('bodies of %s are taken', async (operationId) => {
    const operation = service.contract.operations.find(({ id }) => id === operationId) as Operation;
    const id = await run({ ...WAITS, steps: [{ type: 'input', name: 'approve' }] });
    const reader = await service.alice.openExecution(id);
    await reader.untilEvent('input_required');
    reader.close();
    const examples = Object.values((operation.spec.requestBody as RequestBodyObject).content['application/json']?.examples as Record<string, { value: object }>);
    expect(examples.length).toBeGreaterThan(0);
    await service.alice.post('/workflows', DEFINITION);
    for (const { value } of examples) expect((await service.alice.call(operation, { id, name: DEFINITION.name }, '', { body: value })).status).toBeLessThan(300);
  });
});

describe('answers', () => {
  it('of workflows, stored and from code, are as documented', async () => {
    await service.bob.post('/workflows', { ...EVERY_STEP, inputSchema: true });
    service.app.get(WorkflowRegistry).register(
      workflow('functional', { timeoutMs: 1000 }, agent('f', () => 1), agent('g', 'echo', { input: () => 1 }),
        conditional('c', { when: () => true, then: parallel('p', agent('h', () => 2)), else: retry('r', { maxAttempts: 2, backoff: { jitter: false } }, agent('i', 'echo')) }),
        iteration('l', { maxIterations: 2, until: () => true }, agent('j', () => 3))),
      () => [],
    );
    const { workflows } = (await service.bob.get('/workflows')).json as { workflows: { name: string; origin: string }[] };
    expect(workflows.map(({ name, origin }) => `${origin} ${name}`)).toEqual(['code brief', 'code build', 'code chart', 'code research', 'code functional', 'stored every']);
    for (const { name } of workflows) expect((await service.bob.get(`/workflows/${name}`)).status).toBe(200);
    expect(JSON.stringify((await service.bob.get('/workflows/functional')).json)).toContain('"$function":true');
    expect((await service.bob.request('DELETE', '/workflows/every')).status).toBe(204);
  });

  it('of definitions of executions are, whether given, stored, of the code or built for one run', async () => {
    const given = await run({ ...EVERY_STEP, timeoutMs: 60_000, inputSchema: true, streaming: { bufferSize: 10 } });
    await service.alice.post('/workflows', { ...EVERY_STEP, name: 'kept' });
    const [stored, ofCode] = [idOf(await service.alice.post('/workflows/kept/executions', {})), idOf(await service.alice.post('/workflows/brief/executions', { input: { text: 'It is short.' } }))];
    const { id: built } = await service.app.get(ExecutionService).executeStreaming(workflow('once', agent('f', () => 1)), null, { user: 'alice' });
    const origins = [];
    for (const id of [given, stored, ofCode, built]) origins.push(((await service.alice.get(`/executions/${id}/definition`)).json as { origin: string }).origin);
    expect(origins).toEqual(['given', 'stored', 'code', 'built']);
    await service.alice.request('DELETE', '/workflows/kept');
  });

  it('of starts are, as JSON and as a stream, first and repeated', async () => {
    const key = { 'idempotency-key': 'once' };
    const body = { workflow: { name: 'short', steps: [{ type: 'agent', name: 'a', agent: 'echo' }] } };
    const streamed = await service.alice.post('/executions', body, { ...SSE, ...key });
    expect(streamed).toMatchObject({ status: 200, text: expect.stringContaining('workflow_completed') as unknown });
    expect((await service.alice.post('/executions', body, key)).status).toBe(202);
    const rest = await service.alice.post('/executions?lastEventId=3', body, { ...SSE, ...key });
    expect(rest.text).toMatch(/^(event: .*\n)?id: 4\n/);
    expect((await service.alice.post('/executions', body, { ...SSE, ...key, 'last-event-id': '4' })).status).toBe(204);
    expect((await service.alice.post('/workflows/brief/executions', { input: { text: 'It is short.' } }, SSE)).status).toBe(200);
  });

  it('of starts that ask for what cannot be are refusals, and nothing runs', async () => {
    const body = { workflow: { name: 'never', steps: [{ type: 'agent', name: 'a', agent: 'echo' }] } };
    for (const cursor of ['5', 'abc', '-1']) {
      const refused = await service.alice.post(`/executions?lastEventId=${cursor}`, body, SSE);
      expect([refused.status, (refused.json as { code: string }).code]).toEqual([400, 'invalid_cursor']);
    }
    expect((await service.alice.post('/executions?lastEventId=abc', body, { ...SSE, 'idempotency-key': 'never' })).status).toBe(400);
    expect((await service.alice.get('/executions?workflow=never')).json).toEqual({ executions: [], nextCursor: null });
  });

  it('of lists are, to users and to admins', async () => {
    for (const user of [service.alice, service.root]) {
      const first = (await user.get('/executions?limit=2')).json as { executions: { user?: string }[]; nextCursor: string };
      expect(first.executions).toHaveLength(2);
      expect(first.executions.every((each) => ('user' in each) === (user === service.root))).toBe(true);
      expect((await user.get(`/executions?limit=2&cursor=${first.nextCursor}`)).status).toBe(200);
    }
    for (const status of ['completed', 'failed', 'cancelled', 'waiting']) {
      const { executions } = (await service.alice.get(`/executions?status=${status}`)).json as { executions: object[] };
      expect([status, executions.length > 0]).toEqual([status, true]);
    }
  });

  it('of tickets are, and the streams they are for', async () => {
    const id = await run(FAILS);
    const { streamUrl } = (await service.alice.post(`/executions/${id}/tickets`)).json as { streamUrl: string };
    expect((await service.nobody.request('GET', `/${streamUrl}`)).text).toContain('workflow_failed');
    const all = (await service.alice.post('/tickets')).json as { streamUrl: string };
    expect((await service.nobody.request('GET', `/${all.streamUrl}&executions=${id}`)).text).toContain('workflow_failed');
    expect((await service.nobody.request('GET', `/${all.streamUrl}&executions=${id}`)).status).toBe(401);
  });

  it('of several executions over one connection are', async () => {
    const ids = [await run(FAILS), await run(FAILS)];
    const { text } = await service.alice.get(`/stream?executions=${ids.join()}`, SSE);
    expect(text.match(/workflow_failed/g)?.length).toBeGreaterThanOrEqual(2);
    const lastId = [...text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] as string;
    expect((await service.alice.get(`/stream?executions=${ids.join()}&lastEventId=${lastId}`, SSE)).status).toBe(204);
  });

  it('of keys are: the key once, and what it is kept as never', async () => {
    const body = { user: 'ann', name: 'import', scopes: ['executions:read'], expiresAt: '2099-01-01T00:00:00.000Z' };
    const { key, ...view } = (await service.root.post('/keys', body)).json as { key: string; id: string };
    expect((await service.as({ 'x-api-key': key }).get('/executions')).status).toBe(200);
    const { keys } = (await service.root.get('/keys')).json as { keys: { id: string; lastUsedAt: string | null }[] };
    expect(keys.find(({ id }) => id === view.id)).toEqual({ ...view, lastUsedAt: expect.any(String) as unknown });
    expect(JSON.stringify(keys)).not.toContain(key.slice(4));
    const holder = service.as({ 'x-api-key': ((await service.root.post('/keys', { user: 'ann' })).json as { key: string }).key });
    const reader = await service.as({ 'x-api-key': key }).openExecution(await holder.start(WAITS));
    await reader.untilEvent('input_required');
    expect((await service.root.request('DELETE', `/keys/${view.id}`)).status).toBe(204);
    await reader.whenEnded();
    service.contract.assert(JSON.parse(reader.frames.at(-1)?.data as string), 'components', 'schemas', 'FarewellEvent');
  });

  it('of health and metrics are', async () => {
    for (const path of ['//health/live', '//health/ready']) expect((await service.nobody.get(path)).status).toBe(200);
    expect((await service.root.get('//metrics')).text).toContain('# TYPE stepcast_streams_open gauge');
  });

  it('of reliability are, with something to tell and objectives too', async () => {
    const slos = [{ name: 'quick', measure: 'completion' as const, target: 0.9, windowMs: 3_600_000, thresholdMs: 10_000, workflow: 'adhoc' }, { name: 'works', measure: 'success' as const, target: 0.9, windowMs: 86_400_000 }];
    await Service.use({ slos }, service.contract, async ({ root }) => {
      expect((await root.get('/reliability')).json).toMatchObject({ successRate: null, slos: [{ ratio: null }, { ratio: null }] });
      await root.post('/executions', { workflow: FAILS }, SSE);
      await root.post('/executions', { workflow: { name: 'short', steps: [{ type: 'agent', name: 'a', agent: 'echo' }] } }, { ...SSE, traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' });
      expect((await root.get('/reliability?window=24h')).json).toMatchObject({ completed: 1, failed: 1, slos: [{ ratio: 1 }, { ratio: 0.5 }] });
    });
  });

  it('tell in their headers what is left of the limit, as is documented', async () => {
    const id = await run(FAILS);
    for (const path of ['/workflows', `/executions/${id}`, '/executions']) {
      const { headers } = await service.alice.get(path);
      expect(headers).toMatchObject({ ratelimit: expect.stringMatching(/^"default";r=\d+;t=\d+$/) as unknown, 'ratelimit-policy': '"default";q=100000;w=60' });
    }
    const streamed = await service.alice.get(`/executions/${id}/stream`);
    expect(streamed.headers).toMatchObject({ ratelimit: expect.stringMatching(/^"default";r=\d+;t=\d+, "streams";r=\d+$/) as unknown, 'ratelimit-policy': '"default";q=100000;w=60, "streams";q=100;qu="concurrent-requests"' });
    const started = await service.alice.post('/executions', { workflow: FAILS });
    expect(started.headers).toMatchObject({
      ratelimit: expect.stringMatching(/^"default";r=\d+;t=\d+, "starts";r=\d+;t=\d+, "executions";r=\d+$/) as unknown,
      'ratelimit-policy': '"default";q=100000;w=60, "starts";q=100000;w=60, "executions";q=1100;qu="concurrent-requests"',
    });
    expect((await service.nobody.get('/workflows')).headers['www-authenticate']).toBe('Bearer realm="stepcast"');
  });
});

describe('parameters and bodies', () => {
  interface Probe {
    operation: Operation;
    name: string;
    good: string[];
    bad: string[];
  }

  /** Values at the bounds that a schema sets, and just beyond. */
  function probe(operation: Operation, { name, schema, in: place }: ParameterObject): Probe[] {
    if (place !== 'query') return [];
    const { type, minimum, maximum, maxLength, maxItems, enum: names, items } = schema as { type: string; minimum?: number; maximum?: number; maxLength?: number; maxItems?: number; enum?: string[]; items?: { $ref?: string } };
    const listed = items?.$ref === '#/components/schemas/EventType' ? EVENT_TYPES : [];
    const good: string[] = [];
    const bad: string[] = [];
    const add = (taken: string[], refused: string[]) => {
      good.push(...taken);
      bad.push(...refused);
    };
    if (type === 'integer') add([], ['x', '1.5', '']);
    if (type === 'boolean') add(['true', 'false'], ['1', '']);
    if (minimum !== undefined) add([String(minimum)], [String(minimum - 1)]);
    if (maximum !== undefined) add([String(maximum)], [String(maximum + 1)]);
    if (maxLength !== undefined) add(['x'.repeat(maxLength)], ['x'.repeat(maxLength + 1)]);
    if (names) add(names, ['nonsense', '']);
    if (listed.length) add([...listed, listed.join()], ['nonsense', `${listed[0]},nonsense`, '']);
    if (maxItems !== undefined) add([], [Array.from({ length: maxItems + 1 }, (_, i) => `x${i}`).join()]);
    return [{ operation, name, good, bad }];
  }

  it('are taken up to their bounds, and refused beyond', async () => {
    const id = await run({ name: 'completes', steps: [{ type: 'agent', name: 'a', agent: 'echo' }] });
    await stream(id);
    const probes = service.contract.operations.flatMap((operation) => (operation.spec.parameters as ParameterObject[]).flatMap((parameter) => probe(operation, parameter)))
      .filter(({ good, bad }) => good.length + bad.length > 0);
    expect(new Set(probes.map(({ name }) => name))).toEqual(new Set(['types', 'named', 'heartbeat', 'lastEventId', 'from', 'last', 'executions', 'status', 'workflow', 'sessionId', 'limit', 'after', 'window', 'all', 'protocol', 'version']));
    const body: Record<string, object> = { runDefinition: { workflow: { name: 'p', steps: [{ type: 'agent', name: 'a', agent: 'echo' }] } }, startWorkflow: { input: { text: 'It is short.' } }, chat: CHAT };
    for (const { operation, name, good, bad } of probes) {
      const send = (value: string) => {
        const rest = operation.id === 'streamExecutions' && name !== 'executions' ? `&executions=${id}` : name === 'version' && !operation.spec.tags?.includes('protocols') ? '&protocol=ai-sdk' : '';
        return (operation.spec.tags?.includes('metrics') || name === 'all' ? service.root : service.alice).call(operation, { id, name: 'brief' }, `?${name}=${encodeURIComponent(value)}${rest}`, { headers: SSE, ...(body[operation.id] ? { body: body[operation.id] } : {}) });
      };
      for (const value of good) expect([operation.id, name, value, (await send(value)).status < 300]).toEqual([operation.id, name, value, true]);
      for (const value of bad) expect([operation.id, name, value, (await send(value)).status]).toEqual([operation.id, name, value, 400]);
    }
  });

  it('of text have the lengths that are documented', async () => {
    for (const operation of service.contract.operations) {
      const media = (operation.spec.requestBody as RequestBodyObject | undefined)?.content['application/json'];
      const name = (media?.schema as { $ref?: string } | undefined)?.$ref?.split('/').at(-1);
      if (!media || name === undefined || name === 'WorkflowDefinition') continue;
      const { properties } = service.document.components?.schemas?.[name] as { properties: Record<string, { maxLength?: number }> };
      const [example] = Object.values(media.examples as Record<string, { value: object }>);
      for (const [field, { maxLength }] of Object.entries(properties)) {
        if (maxLength === undefined) continue;
        const id = await run(WAITS);
        const client = operation.spec.tags?.includes('keys') ? service.root : service.alice;
        const send = (value: unknown) => client.call(operation, { id, name: 'greeting' }, '', { body: { ...example?.value, [field]: value } });
        const tooLong = await send('x'.repeat(maxLength + 1));
        expect([operation.id, field, tooLong.status, (tooLong.json as { code: string }).code]).toEqual([operation.id, field, 400, 'invalid_request']);
        expect([operation.id, field, (await send('x'.repeat(maxLength))).status === 400]).toEqual([operation.id, field, false]);
        expect([operation.id, field, (await send(null)).status === 400]).toEqual([operation.id, field, false]);
      }
    }
  });

  it('take null for what is left out, and as an answer', async () => {
    const id = await run({ name: 'two', steps: [{ type: 'parallel', name: 'both', steps: [{ type: 'input', name: 'a' }, { type: 'input', name: 'b' }] }] }, { sessionId: null });
    const reader = await service.alice.openExecution(id);
    await reader.untilEvent('input_required', 'both/b');
    reader.close();
    const ambiguous = await service.alice.post(`/executions/${id}/input`, { stepId: null, value: 1 });
    expect(ambiguous).toMatchObject({ status: 400, json: { code: 'invalid_request' } });
    expect((await service.alice.post(`/executions/${id}/input`, { stepId: 'both/a' })).json).toMatchObject({ errors: [{ path: '/value', message: 'value is required' }] });
    expect((await service.alice.post(`/executions/${id}/input`, { stepId: 'both/a', value: null })).status).toBe(202);
    expect((await service.alice.status(id)).steps['both/a']).toMatchObject({ status: 'completed', output: null });
    expect((await service.alice.post(`/executions/${id}/cancel`, { reason: null })).status).toBe(202);
    const { events } = (await service.alice.get(`/executions/${id}/events`)).json as { events: ExecutionEvent[] };
    expect(events.at(-1)).toMatchObject({ type: 'workflow_cancelled', data: { reason: 'cancelled on request' } });
  });
});

describe('a removed execution', () => {
  it('answers 410, as documented, on every route that names it', async () => {
    const id = await run(FAILS);
    await stream(id);
    await service.app.get(Journal).sweep(Date.now() + 1, 0, Date.now());
    for (const operation of service.contract.operations.filter(({ path }) => path.includes('/executions/{id}'))) {
      const answered = await service.alice.call(operation, { id }, '', operation.id === 'sendInput' ? { body: { value: 1 } } : {});
      expect([operation.id, answered.status, (answered.json as { code: string }).code]).toEqual([operation.id, 410, 'gone']);
    }
  });
});
