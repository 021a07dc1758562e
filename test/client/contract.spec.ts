/** The client and the OpenAPI document say the same: each request it makes is documented, and so is each answer it is typed for. */
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type EventsPage, type ExecutionDefinition, type ExecutionList, type ExecutionState, type ExecutionSummary, type StartedExecution, StepcastClient, type StepState, type StreamTicket, type WorkflowDefinition,
  type WorkflowDetail, type WorkflowSummary,
} from '../../src/client/index.js';
import { agent, input, workflow } from '../../src/orchestration/definition/builder.js';
import { bundle } from '../support/bundle.js';
import { KEYS } from '../support/client.js';
import { type ParameterObject, type RequestBodyObject } from '../openapi/support/contract.js';
import { Service } from '../openapi/support/service.js';

let service: Service;
let called: Set<string>;
let client: StepcastClient;

beforeAll(async () => {
  service = await Service.start();
  called = new Set();
  client = new StepcastClient({ baseUrl: service.base, auth: { apiKey: KEYS.alice }, fetch: documentedFetch });
});
afterAll(() => service.close());

/** Sends a request that is documented with each of its parts, and answers what is documented as its answer. */
const documentedFetch: typeof fetch = async (given, init) => {
  const { contract } = service;
  const url = given as URL;
  const operation = contract.operationOf(init?.method as string, url.href);
  called.add(operation.id);
  const parameters = (operation.spec.parameters ?? []) as ParameterObject[];
  const named = (where: string) => parameters.filter((parameter) => parameter.in === where).map(({ name }) => name.toLowerCase());
  for (const name of url.searchParams.keys()) expect([operation.id, named('query')]).toEqual([operation.id, expect.arrayContaining([name.toLowerCase()])]);
  const general = ['accept', 'content-type', 'x-api-key'];
  for (const name of Object.keys(init?.headers as object).map((header) => header.toLowerCase()).filter((header) => !general.includes(header))) {
    expect([operation.id, named('header')]).toEqual([operation.id, expect.arrayContaining([name])]);
  }
  if (init?.body !== undefined) {
    expect((operation.spec.requestBody as RequestBodyObject | undefined)?.content['application/json']).toBeDefined();
    contract.assert(JSON.parse(init.body as string), 'paths', operation.path, operation.method.toLowerCase(), 'requestBody', 'content', 'application/json', 'schema');
  }
  const response = await fetch(url, init);
  const text = await response.clone().text();
  contract.checkAnswer(operation, { status: response.status, headers: Object.fromEntries(response.headers), text });
  return response;
};

/** The names of a type's members, kept by the compiler: one that is missing or too many does not compile. */
const membersOf = <T>(members: Record<keyof T, true>): string[] => Object.keys(members).toSorted();

describe('the client and the OpenAPI document', () => {
  it('agree on every request it can make, with all that it can send', async () => {
    const definition = workflow('asks', input('ok', { schema: { type: 'boolean' } }));
    await client.saveWorkflow(definition);
    expect((await client.workflow('asks')).steps).toEqual(definition.steps);
    expect((await client.workflows()).map(({ name }) => name)).toContain('asks');
    const { id } = await client.start('asks', { n: 1 }, { sessionId: 's', idempotencyKey: 'k' });
    await client.answer(id, true, { stepId: 'ok' });
    const cancelled = await client.start(workflow('waits', input('ok')), null);
    await client.cancel(cancelled.id, { reason: 'enough' });
    await client.cancel(cancelled.id);
    await client.ticket(id);
    await client.ticket();
    const run = await client.run(workflow('one', agent('e', 'echo')), [1]);
    await run.result();
    for await (const event of client.stream(run.executionId, { last: 1, types: ['workflow_completed'] })) expect(event.type).toBe('workflow_completed');
    for await (const event of client.stream(run.executionId, { after: 1 })) expect(event.seq).toBeGreaterThan(1);
    for await (const event of client.streamSeveral({ executions: [run.executionId, id], types: ['workflow_completed'] })) expect(event.type).toBe('workflow_completed');
    for await (const event of client.streamSeveral({ executions: [run.executionId], from: 'latest' })) expect(event).toBeUndefined();
    await client.status(run.executionId);
    expect(await client.definition(run.executionId)).toEqual({ workflow: workflow('one', agent('e', 'echo')), origin: 'given' });
    await client.events(run.executionId, { after: 1, limit: 2 });
    await client.list({ status: 'completed', workflow: 'one', sessionId: 's', limit: 1 });
    const { nextCursor } = await client.list({ limit: 1 });
    await client.list({ cursor: nextCursor as string });
    await client.deleteWorkflow('asks');
    expect([...called].toSorted()).toEqual([
      'cancelExecution', 'createStreamTicket', 'createTicket', 'deleteWorkflow', 'getDefinition', 'getExecution', 'getWorkflow', 'listEvents', 'listExecutions', 'listWorkflows',
      'runDefinition', 'sendInput', 'startWorkflow', 'storeWorkflow', 'streamExecution', 'streamExecutions',
    ].toSorted());
  });

  it('agree on the members of every answer', () => {
    const documented = (name: string) => Object.keys((service.document.components?.schemas?.[name] as { properties: object }).properties).toSorted();
    expect(documented('Started')).toEqual(membersOf<StartedExecution>({ id: true, status: true, streamUrl: true, statusUrl: true, eventsUrl: true }));
    expect(documented('ExecutionList')).toEqual(membersOf<ExecutionList>({ executions: true, nextCursor: true }));
    expect(documented('ExecutionSummary')).toEqual(membersOf<ExecutionSummary>({
      id: true, workflow: true, sessionId: true, status: true, queuePosition: true, progress: true, error: true, createdAt: true, startedAt: true, finishedAt: true, lastSeq: true, user: true,
    }));
    expect(documented('ExecutionState')).toEqual(membersOf<ExecutionState>({
      id: true, workflow: true, sessionId: true, status: true, queuePosition: true, progress: true, activeSteps: true, steps: true, usage: true, result: true, error: true, createdAt: true,
      startedAt: true, finishedAt: true, lastSeq: true,
    }));
    expect(documented('StepState')).toEqual(membersOf<StepState>({
      id: true, name: true, type: true, status: true, attempt: true, iteration: true, progress: true, text: true, reasoning: true, output: true, error: true, prompt: true, schema: true,
      startedAt: true, finishedAt: true, durationMs: true,
    }));
    expect(documented('EventsPage')).toEqual(membersOf<EventsPage>({ events: true, lastSeq: true, terminal: true }));
    expect(documented('ExecutionDefinition')).toEqual(membersOf<ExecutionDefinition>({ workflow: true, origin: true }));
    expect(documented('ShownDefinition')).toEqual(membersOf<WorkflowDefinition>({ name: true, description: true, inputSchema: true, streaming: true, timeoutMs: true, steps: true }));
    expect(documented('Ticket')).toEqual(membersOf<StreamTicket>({ ticket: true, expiresAt: true, streamUrl: true }));
    expect(documented('WorkflowSummary')).toEqual(membersOf<WorkflowSummary>({ name: true, description: true, inputSchema: true, origin: true, createdAt: true }));
    expect(documented('WorkflowDetail')).toEqual(membersOf<WorkflowDetail>({ name: true, description: true, inputSchema: true, origin: true, createdAt: true, streaming: true, timeoutMs: true, steps: true }));
  });
});

describe('the client in a bundle', () => {
  it('is at most 8 KB, gzipped, with all it needs, and needs neither Node nor Nest', async () => {
    const code = await bundle('src/client/index.ts');
    expect(code).toContain('StepcastClient');
    expect(code).not.toMatch(/\bfrom\s*["']|\bimport\s*[("']|node:|@nestjs|process\.env/);
    expect(gzipSync(code).length).toBeLessThanOrEqual(8 * 1024);
  });
});
