/** `GET /executions/:id/definition`: what an execution runs, whatever has become of its workflow since. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Step } from '../../src/contract/definition.js';
import { Workflow, type WorkflowProvider } from '../../src/orchestration/decorators.js';
import { agent, conditional, input, sequential, workflow } from '../../src/orchestration/definition/builder.js';
import { type Platform, TestApp } from '../support/app.js';
import { type Client } from '../support/client.js';

@Workflow({ name: 'coded', description: 'Of the code' })
class Coded implements WorkflowProvider {
  define(): Step {
    return sequential('coded', agent('e', 'echo'), conditional('c', { when: () => true, then: input('ask', { prompt: 'Well?' }) }));
  }
}

@Workflow({ name: 'coded', description: 'Of the code' })
class CodedOtherwise implements WorkflowProvider {
  define(): Step {
    return sequential('coded', agent('other', 'echo'));
  }
}

const UNKNOWN = '00000000-0000-4000-8000-000000000000';
const GIVEN = { ...workflow('named', input('ask', { prompt: 'Given?' })), description: 'As given', inputSchema: { type: 'object' }, timeoutMs: 60_000, streaming: { flushIntervalMs: 5 } };
const STORED = workflow('named', agent('e', 'echo', { input: 'stored' }));
const STORED_LATER = workflow('named', agent('later', 'echo'));

const definitionOf = async (client: Client, id: string) => {
  const { status, json } = await client.get(`/executions/${id}/definition`);
  return { status, json: json as unknown };
};

describe.each<Platform>(['express', 'fastify'])('the definition of an execution, on %s', (platform) => {
  let app: TestApp;
  beforeEach(async () => {
    app = await TestApp.start({ platform, providers: [Coded] });
  });
  afterEach(() => app.close());

  it('is the one that was given or stored at its start, also after another is stored under the name, a restart, and its end', async () => {
    expect((await app.alice.post('/workflows', STORED)).status).toBe(201);
    const [given, stored] = [await app.alice.start(GIVEN, {}), await app.alice.start('named')];
    const told = async () => [await definitionOf(app.alice, given), await definitionOf(app.alice, stored)];
    const expected = [{ status: 200, json: { workflow: GIVEN, origin: 'given' } }, { status: 200, json: { workflow: STORED, origin: 'stored' } }];
    expect(await told()).toEqual(expected);
    expect((await app.alice.post('/workflows', STORED_LATER)).status).toBe(201);
    expect(await told()).toEqual(expected);
    app = await app.restart();
    expect(await told()).toEqual(expected);
    expect((await app.alice.request('DELETE', '/workflows/named')).status).toBe(204);
    await app.alice.post(`/executions/${given}/cancel`);
    expect(await told()).toEqual(expected);
    // What is answered can be started.
    const again = await app.alice.start(((await definitionOf(app.alice, stored)).json as { workflow: typeof STORED }).workflow);
    expect((await app.alice.follow(again)).at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: 'stored' } });
    expect(await definitionOf(app.alice, again)).toEqual({ status: 200, json: { workflow: STORED, origin: 'given' } });
  });

  it('of the code is what the workflow shows, as long as its steps are the same', async () => {
    const id = await app.alice.start('coded');
    await (await app.alice.openExecution(id)).untilEvent('input_required');
    const { origin, createdAt, inputSchema, ...shown } = (await app.alice.get('/workflows/coded')).json as Record<string, unknown>;
    expect({ origin, createdAt, inputSchema }).toEqual({ origin: 'code', createdAt: null, inputSchema: null });
    const same = { status: 200, json: { workflow: shown, origin: 'code' } };
    expect(await definitionOf(app.alice, id)).toEqual(same);
    expect(JSON.stringify(same.json)).toContain('{"$function":true}');
    app = await app.restart();
    expect(await definitionOf(app.alice, id)).toEqual(same);
    for (const [providers, why] of [[[CodedOtherwise], /have changed since/], [[], /in the code any more/]] as const) {
      app = await app.restart({ providers: [...providers] });
      expect(await definitionOf(app.alice, id)).toEqual({ status: 404, json: expect.objectContaining({ code: 'not_found', detail: expect.stringMatching(why) }) });
      expect((await app.alice.get(`/executions/${id}`)).status).toBe(200);
    }
  });

  it('that code has built for it alone shows its functions as such, after a restart too', async () => {
    const { id, result } = await app.executions.executeStreaming(() => sequential('once', agent('f', () => 'done')), null, { user: 'alice' });
    expect(await result()).toBe('done');
    const built = { status: 200, json: { workflow: { name: 'once', steps: [{ type: 'agent', name: 'f', agent: { $function: true } }] }, origin: 'built' } };
    expect(await definitionOf(app.alice, id)).toEqual(built);
    app = await app.restart();
    expect(await definitionOf(app.alice, id)).toEqual(built);
  });

  it('is there for the owner and for admins; for others as if there were no such execution', async () => {
    const id = await app.alice.start(GIVEN, {});
    expect(await definitionOf(app.root, id)).toEqual(await definitionOf(app.alice, id));
    const [foreign, unknown] = [await app.bob.get(`/executions/${id}/definition`), await app.bob.get(`/executions/${UNKNOWN}/definition`)];
    expect([foreign.status, foreign.text.replaceAll(id, UNKNOWN)]).toEqual([404, unknown.text]);
    expect((await app.as(undefined).get(`/executions/${id}/definition`)).status).toBe(401);
  });
});
