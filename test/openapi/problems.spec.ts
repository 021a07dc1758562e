/**
 * The refusals of each route: what the document lists is exactly what can be had from the service. Each test brings one
 * kind about on every route it concerns; `DocumentedClient` refuses answers that are not documented, and the last test
 * asks whether anything is documented that was never answered.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type WorkflowDefinition } from '../../src/contract/definition.js';
import { Journal } from '../../src/journal/journal.js';
import { ExecutionScheduler } from '../../src/orchestration/execution.scheduler.js';
import { ExecutionService } from '../../src/orchestration/execution.service.js';
import { OrchestrationOptions } from '../../src/orchestration/orchestration.options.js';
import { StreamShutdown } from '../../src/streaming/sse/stream.shutdown.js';
import { type Answer, type RequestOptions } from '../support/client.js';
import { JwksServer, signed, signingKey } from '../support/jwks-server.js';
import { type Operation } from './support/contract.js';
import { type DocumentedClient, Service } from './support/service.js';

const SSE = { accept: 'text/event-stream' };
const SHORT: WorkflowDefinition = { name: 'short', inputSchema: { type: ['null', 'object'] }, steps: [{ type: 'agent', name: 'a', agent: 'echo' }] };
const WAITS: WorkflowDefinition = { name: 'waits', steps: [{ type: 'input', name: 'ask', schema: { type: 'boolean' } }] };

let service: Service;
let operations: Operation[];
/** An execution of alice that has completed. */
let done: string;

beforeAll(async () => {
  service = await Service.start();
  ({ operations } = service.contract);
  done = await service.alice.start(SHORT);
  await service.alice.follow(done);
});
afterAll(() => service.close());

const withUser = () => operations.filter(({ spec }) => spec.security?.length);
const withParameter = () => operations.filter(({ path }) => path.includes('{'));
const ofExecution = () => operations.filter(({ path }) => path.includes('/executions/{id}'));
/** Who may call an operation at all. */
const entitled = ({ spec }: Operation, { alice, root }: Pick<Service, 'alice' | 'root'> = service) => (spec.tags?.some((tag) => ADMINS.includes(tag)) ? root : alice);
const ofStart = () => operations.filter(({ spec }) => spec.responses['202'] && spec.responses['200']);
/** Those that start in the words of another protocol. */
const ofProtocol = () => [byId('chat'), byId('runAgent')];
const byId = (id: string) => operations.find((operation) => operation.id === id) as Operation;

/** Of a WebSocket, as its clients send it. */
const HANDSHAKE = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' };

const ADMINS = ['keys', 'metrics'];

const BODIES: Record<string, object> = {
  addKey: { user: 'ann' },
  storeWorkflow: SHORT, startWorkflow: { input: { text: 'It is short.' } }, runDefinition: { workflow: SHORT }, sendInput: { value: true }, cancelExecution: {},
  chat: { id: 'c', messages: [{ id: 'm', role: 'user', parts: [{ type: 'text', text: 'It is short.' }] }] },
  runAgent: { threadId: 't', runId: 'r', messages: [{ id: 'm', role: 'user', content: 'It is short.' }] },
};

/** Calls an operation as it should be called, but for what is given. */
function call(client: DocumentedClient, operation: Operation, { id = done, name = 'brief', query = '', ...options }: { id?: string; name?: string; query?: string } & RequestOptions = {}): Promise<Answer> {
  const body = operation.spec.requestBody ? { body: BODIES[operation.id] } : {};
  return client.call(operation, { id, name }, query, { ...body, ...options });
}

async function refused(answer: Promise<Answer>, operation: Operation, code: string): Promise<void> {
  const { json } = await answer;
  expect([operation.id, (json as { code?: string } | undefined)?.code]).toEqual([operation.id, code]);
}

describe('refused are', () => {
  it('those who are nobody', async () => {
    for (const operation of withUser()) await refused(call(service.nobody, operation), operation, 'unauthenticated');
  });

  it('those whose credential is not good for it', async () => {
    const key = 'a-key-that-is-limited';
    await Service.use({ apiKeys: [{ user: 'alice', key, roles: ['admin'], scopes: ['none:of-ours'] }] }, service.contract, async (limited) => {
      const client = limited.as({ 'x-api-key': key });
      for (const operation of withUser()) await refused(call(client, operation), operation, 'forbidden');
    });
    for (const operation of withUser().filter((each) => entitled(each) === service.root)) await refused(call(service.alice, operation), operation, 'forbidden');
  });

  it('tokens, while the keys of their issuer cannot be had', async () => {
    const issuer = await JwksServer.start();
    await issuer.close();
    await Service.use({ jwt: { jwksUrl: issuer.url } }, service.contract, async (cut) => {
      const client = cut.as({ authorization: `Bearer ${await signed(signingKey('k'))}` });
      for (const operation of withUser()) await refused(call(client, operation), operation, 'authentication_unavailable');
    });
  });

  it('bodies that are no JSON, no objects, too large, or of another type', async () => {
    for (const operation of operations.filter(({ method }) => method === 'POST')) {
      const client = entitled(operation);
      await refused(call(client, operation, { body: '{' }), operation, 'invalid_json');
      await refused(call(client, operation, { body: '[]' }), operation, 'invalid_request');
      await refused(call(client, operation, { body: `"${'x'.repeat(1024 * 1024)}"` }), operation, 'payload_too_large');
      await refused(call(client, operation, { body: '{}', headers: { 'content-type': 'text/plain' } }), operation, 'unsupported_media_type');
    }
  });

  it('paths that cannot be decoded', async () => {
    for (const operation of withParameter()) await refused(call(service.alice, operation, { id: '%zz', name: '%zz' }), operation, 'invalid_request');
  });

  it('parameters that make no sense', async () => {
    for (const id of ['streamExecution', 'streamExecutions', 'listExecutions', 'listEvents']) {
      await refused(call(service.alice, byId(id), { query: '?limit=0&heartbeat=x' }), byId(id), 'invalid_request');
    }
    await refused(call(service.root, byId('getReliability'), { query: '?window=x' }), byId('getReliability'), 'invalid_request');
    await refused(call(service.alice, byId('clearCache'), { query: '?all=x' }), byId('clearCache'), 'invalid_request');
    for (const operation of ofStart()) await refused(call(service.alice, operation, { query: '?types=x', headers: SSE }), operation, 'invalid_request');
    for (const id of ['chat', 'resumeChat']) await refused(call(service.alice, byId(id), { query: '?version=x' }), byId(id), 'invalid_request');
  });

  it('what is no handshake, or none that is understood', async () => {
    const socket = byId('openSocket');
    await refused(call(service.alice, socket), socket, 'upgrade_required');
    await refused(call(service.alice, socket, { headers: { ...HANDSHAKE, 'sec-websocket-version': '12' } }), socket, 'upgrade_required');
    await refused(call(service.alice, socket, { headers: { ...HANDSHAKE, 'sec-websocket-key': 'x' } }), socket, 'invalid_request');
  });

  it('workflows that need a model nobody has configured', async () => {
    const asks: WorkflowDefinition = { name: 'asks', steps: [{ type: 'agent', name: 'ask', agent: 'llm', input: { prompt: 'Why?' } }] };
    await refused(call(service.alice, byId('runDefinition'), { body: { workflow: asks } }), byId('runDefinition'), 'model_not_configured');
    await refused(call(service.alice, byId('startWorkflow'), { name: 'build', body: { input: { task: 'A clock' } } }), byId('startWorkflow'), 'model_not_configured');
    for (const operation of ofProtocol()) await refused(call(service.alice, operation, { name: 'build' }), operation, 'model_not_configured');
  });

  it('cursors that make no sense', async () => {
    for (const id of ['streamExecution', 'streamExecutions', 'listExecutions', 'listEvents']) {
      await refused(call(service.alice, byId(id), { query: '?lastEventId=-&cursor=-&after=99' }), byId(id), 'invalid_cursor');
    }
    for (const operation of ofStart()) await refused(call(service.alice, operation, { headers: { ...SSE, 'last-event-id': '7' } }), operation, 'invalid_cursor');
  });

  it('what is not there, and what is of others', async () => {
    for (const operation of ofExecution()) {
      await refused(call(service.bob, operation), operation, 'not_found');
      await refused(call(service.bob, operation, { id: 'none' }), operation, 'not_found');
    }
    for (const id of ['getWorkflow', 'deleteWorkflow', 'startWorkflow', 'chat', 'runAgent']) await refused(call(service.alice, byId(id), { name: 'none' }), byId(id), 'not_found');
    await refused(call(service.bob, byId('streamExecutions'), { query: `?executions=${done}` }), byId('streamExecutions'), 'not_found');
    await refused(call(service.root, byId('revokeKey'), { id: 'none' }), byId('revokeKey'), 'not_found');
  });

  it('definitions and inputs that are not valid', async () => {
    const unknown = { ...SHORT, steps: [{ type: 'agent', name: 'a', agent: 'ecko' }] };
    await refused(call(service.alice, byId('storeWorkflow'), { body: unknown }), byId('storeWorkflow'), 'invalid_definition');
    await refused(call(service.alice, byId('runDefinition'), { body: { workflow: unknown } }), byId('runDefinition'), 'invalid_definition');
    await refused(call(service.alice, byId('runDefinition'), { body: { workflow: SHORT, input: 1 } }), byId('runDefinition'), 'invalid_input');
    await refused(call(service.alice, byId('startWorkflow'), { body: { input: {} } }), byId('startWorkflow'), 'invalid_input');
    // Stored when its agent was still there.
    await service.app.get(Journal).saveWorkflow('alice', { ...unknown, name: 'old' } as WorkflowDefinition, Date.now());
    await refused(call(service.alice, byId('startWorkflow'), { name: 'old' }), byId('startWorkflow'), 'invalid_definition');
    await refused(call(service.alice, byId('chat'), { name: 'old' }), byId('chat'), 'invalid_definition');
    await refused(call(service.alice, byId('runAgent'), { name: 'old' }), byId('runAgent'), 'invalid_definition');
    await refused(call(service.alice, byId('chat'), { body: { ...BODIES['chat'], input: {} } }), byId('chat'), 'invalid_input');
    await refused(call(service.alice, byId('runAgent'), { body: { ...BODIES['runAgent'], forwardedProps: { input: {} } } }), byId('runAgent'), 'invalid_input');
  });

  it('texts that came to no end', async () => {
    const breaks: WorkflowDefinition = { name: 'breaks', inputSchema: {}, steps: [{ type: 'agent', name: 'f', agent: 'flaky', input: { failures: 1 } }] };
    const id = await service.alice.start(breaks);
    await service.alice.follow(id);
    await refused(call(service.alice, byId('streamExecution'), { id, query: '?protocol=text' }), byId('streamExecution'), 'conflict');
    await service.alice.post('/workflows', breaks);
    for (const operation of ofStart()) {
      const headers = { 'idempotency-key': `text ${operation.id}`.replace(' ', '-') };
      const start = { name: 'breaks', headers, ...(operation.id === 'runDefinition' ? { body: { workflow: breaks } } : {}) };
      const started = await call(service.alice, operation, start);
      await service.alice.follow((started.json as { id: string }).id);
      await refused(call(service.alice, operation, { ...start, query: '?protocol=text', headers: { ...headers, ...SSE } }), operation, 'conflict');
    }
  });

  it('answers that no step waits for, or that it does not take', async () => {
    const sendInput = byId('sendInput');
    await refused(call(service.alice, sendInput), sendInput, 'not_waiting');
    const id = await service.alice.start(WAITS);
    const reader = await service.alice.openExecution(id);
    await reader.untilEvent('input_required');
    reader.close();
    await refused(call(service.alice, sendInput, { id, body: { value: 'yes' } }), sendInput, 'invalid_input');
  });

  it('what contradicts what is there already', async () => {
    await refused(call(service.alice, byId('storeWorkflow'), { body: { ...SHORT, name: 'brief' } }), byId('storeWorkflow'), 'conflict');
    await refused(call(service.alice, byId('deleteWorkflow')), byId('deleteWorkflow'), 'conflict');
    await refused(call(service.alice, byId('cancelExecution')), byId('cancelExecution'), 'already_finished');
    const { keys } = (await service.root.get('/keys')).json as { keys: { id: string; origin: string }[] };
    await refused(call(service.root, byId('revokeKey'), { id: keys.find(({ origin }) => origin === 'configured')?.id as string }), byId('revokeKey'), 'conflict');
    for (const operation of ofStart()) {
      const headers = { 'idempotency-key': operation.id };
      expect((await call(service.alice, operation, { headers })).status).toBe(202);
      await refused(call(service.alice, operation, { headers, body: { ...BODIES[operation.id], sessionId: 'other' } }), operation, 'idempotency_conflict');
    }
    const chat = byId('chat');
    const headers = { 'idempotency-key': 'chat' };
    expect((await call(service.alice, chat, { headers })).status).toBe(200);
    await refused(call(service.alice, chat, { headers, body: { ...BODIES['chat'], id: 'other' } }), chat, 'idempotency_conflict');
    // A run stands for one workflow.
    const runAgent = byId('runAgent');
    await service.alice.post('/workflows', { ...SHORT, name: 'other', inputSchema: { type: 'object', properties: { prompt: { type: 'string' } } } });
    expect((await call(service.alice, runAgent)).status).toBe(200);
    await refused(call(service.alice, runAgent, { name: 'other' }), runAgent, 'idempotency_conflict');
  });

  it('requests above the limit', async () => {
    await Service.use({ rateLimit: { points: 1, seconds: 3600 } }, service.contract, async ({ alice, app }) => {
      const { record: { id } } = await app.get(ExecutionService).start(WAITS, null, { user: 'alice' });
      await alice.get('/workflows');
      for (const operation of withUser()) {
        const answer = await call(alice, operation, { id });
        await refused(Promise.resolve(answer), operation, 'rate_limited');
        expect(answer.headers).toMatchObject({ 'retry-after': expect.stringMatching(/^\d+$/) as unknown, 'ratelimit-policy': '"default";q=1;w=3600' });
      }
    });
  });

  it('streams and executions above theirs', async () => {
    await Service.use({ maxStreamsPerUser: 1, maxExecutionsPerUser: 1 }, service.contract, async ({ alice, app }) => {
      const executions = app.get(ExecutionService);
      const { maxQueuedPerUser } = app.get(OrchestrationOptions);
      const { record } = await executions.start(WAITS, null, { user: 'alice', sessionId: 'chat' });
      const reader = await alice.openExecution(record.id);
      await reader.untilEvent('input_required');
      for (const operation of operations.filter(({ spec }) => JSON.stringify(spec.responses['200'])?.includes('text/event-stream'))) {
        const what = operation.id === 'resumeChat' ? { id: 'chat', name: WAITS.name } : { id: record.id };
        await refused(call(alice, operation, { ...what, headers: SSE }), operation, 'too_many_streams');
      }
      await refused(call(alice, byId('openSocket'), { headers: HANDSHAKE }), byId('openSocket'), 'too_many_streams');
      reader.close();
      await Promise.all(Array.from({ length: maxQueuedPerUser }, () => executions.start(WAITS, null, { user: 'alice' })));
      for (const operation of [...ofStart(), ...ofProtocol()]) await refused(call(alice, operation), operation, 'too_many_executions');
    });
  });

  it('streams and executions above what all users together may have', async () => {
    await Service.use({ maxStreams: 1, maxExecutions: 1, maxQueued: 0 }, service.contract, async ({ alice, bob, app }) => {
      const { record } = await app.get(ExecutionService).start(WAITS, null, { user: 'alice', sessionId: 'chat' });
      for (const operation of [...ofStart(), ...ofProtocol()]) await refused(call(bob, operation), operation, 'capacity_exceeded');
      const reader = await alice.openExecution(record.id);
      await reader.untilEvent('input_required');
      for (const operation of [byId('streamExecution'), byId('streamExecutions'), byId('resumeChat'), byId('openSocket')]) {
        const answer = await call(alice, operation, { id: operation.id === 'resumeChat' ? 'chat' : record.id, ...(operation.id === 'resumeChat' ? { name: WAITS.name } : {}), headers: operation.id === 'openSocket' ? HANDSHAKE : SSE });
        await refused(Promise.resolve(answer), operation, 'capacity_exceeded');
        expect(answer.headers['retry-after']).toMatch(/^\d+$/);
      }
      reader.close();
    });
  });

  it('starts above the limit of starts', async () => {
    await Service.use({ startLimit: { points: 1, seconds: 3600 } }, service.contract, async ({ alice }) => {
      await alice.start(SHORT);
      for (const operation of [...ofStart(), ...ofProtocol()]) {
        const answer = await call(alice, operation);
        await refused(Promise.resolve(answer), operation, 'rate_limited');
        expect(answer.headers).toMatchObject({ 'retry-after': expect.stringMatching(/^\d+$/) as unknown, 'ratelimit-policy': expect.stringContaining('"starts";q=1;w=3600') as unknown });
      }
    });
  });

  it('all but reading, while the service shuts down', async () => {
    await Service.use({}, service.contract, async ({ alice, app }) => {
      const id = await alice.start(WAITS);
      await alice.start('brief', { text: 'It is short.' }, { sessionId: id });
      await app.get(ExecutionScheduler).suspendAll();
      for (const operation of [...ofStart(), ...ofProtocol(), byId('cancelExecution'), byId('sendInput')]) await refused(call(alice, operation, { id }), operation, 'shutting_down');
      app.get(StreamShutdown).beforeApplicationShutdown();
      for (const operation of [byId('streamExecution'), byId('streamExecutions'), byId('resumeChat'), byId('openSocket')]) await refused(call(alice, operation, { id, headers: operation.id === 'openSocket' ? HANDSHAKE : {} }), operation, 'shutting_down');
    });
  });

  it('what has been removed', async () => {
    await Service.use({}, service.contract, async ({ alice, app }) => {
      const id = await alice.start(SHORT);
      await alice.follow(id);
      await app.get(Journal).sweep(Date.now() + 1, 0, Date.now());
      for (const operation of ofExecution()) await refused(call(alice, operation, { id }), operation, 'gone');
      await refused(call(alice, byId('streamExecutions'), { query: `?executions=${id}` }), byId('streamExecutions'), 'gone');
      await refused(call(alice, byId('chat'), { body: { id: 'c', messages: [{ id, role: 'assistant', parts: [] }] } }), byId('chat'), 'gone');
      await refused(call(alice, byId('runAgent'), { body: { ...BODIES['runAgent'], resume: [{ interruptId: `${id}/ask#1`, status: 'resolved' }] } }), byId('runAgent'), 'gone');
    });
  });

  it('what needs the journal, while it cannot be had', async () => {
    await Service.use({}, service.contract, async ({ alice, root, app, nobody }) => {
      await app.get(Journal).close();
      for (const operation of withUser().filter((each) => service.contract.documentedCodes(each).includes('journal_unavailable'))) {
        await refused(call(entitled(operation, { alice, root }), operation, { name: 'stored', query: operation.id === 'streamExecutions' ? `?executions=${done}` : '' }), operation, 'journal_unavailable');
      }
      expect((await nobody.get('//health/ready')).status).toBe(503);
      expect((await root.get('//metrics')).text).toContain('stepcast_journal_ready 0');
      expect((await alice.get('/workflows/brief')).status).toBe(200);
    });
  });
});

describe('the document', () => {
  it('lists no refusal that no route gives', () => {
    for (const operation of operations) {
      const seen = service.contract.seenOf(operation.id);
      // What was not foreseen cannot be brought about.
      const unseen = service.contract.documentedCodes(operation).filter((code) => code !== 'internal' && !seen.has(code));
      expect([operation.id, unseen]).toEqual([operation.id, []]);
    }
  });
});
