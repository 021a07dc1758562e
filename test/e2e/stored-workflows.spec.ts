import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { IsInt, Max } from 'class-validator';
import { type Step } from '../../src/contract/definition.js';
import { Workflow, type WorkflowProvider } from '../../src/orchestration/decorators.js';
import { agent, sequential, workflow } from '../../src/orchestration/definition/builder.js';
import { TestApp } from '../support/app.js';
import { assertWhole } from '../support/assert-whole.js';

class CountInput {
  @IsInt()
  @Max(10)
  count!: number;
}

@Workflow({ name: 'counted', description: 'Streams numbered words', input: CountInput })
class Counted implements WorkflowProvider {
  define(): Step {
    return sequential('counted', agent('t', 'tokens'));
  }
}

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start({ providers: [Counted] });
});
afterAll(() => app.close());

const greeting = {
  name: 'greeting', description: 'Greets', inputSchema: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
  steps: [{ type: 'agent' as const, name: 'say', agent: 'echo', input: 'Hello {{input.name}}' }],
};

describe('stored workflows', () => {
  it('are stored, shown, listed, started, replaced and deleted', async () => {
    const stored = await app.alice.post('/workflows', greeting);
    expect([stored.status, stored.json]).toMatchObject([201, { ...greeting, origin: 'stored' }]);
    expect((await app.alice.get('/workflows/greeting')).json).toMatchObject(greeting);
    expect((await app.alice.get('/workflows')).json.workflows).toContainEqual(expect.objectContaining({ name: 'greeting', description: 'Greets', inputSchema: greeting.inputSchema }));
    const events = await app.alice.follow(await app.alice.start('greeting', { name: 'Ann' }));
    assertWhole(events);
    expect(events.at(-1)).toMatchObject({ workflow: 'greeting', data: { result: 'Hello Ann' } });

    expect((await app.alice.post('/workflows', { ...greeting, steps: [{ ...greeting.steps[0], input: 'Bye {{input.name}}' }] })).status).toBe(201);
    expect((await app.alice.follow(await app.alice.start('greeting', { name: 'Ann' }))).at(-1)).toMatchObject({ data: { result: 'Bye Ann' } });
    expect((await app.alice.get('/workflows')).json.workflows).toHaveLength(2);

    expect((await app.alice.request('DELETE', '/workflows/greeting')).status).toBe(204);
    for (const answer of [await app.alice.get('/workflows/greeting'), await app.alice.request('DELETE', '/workflows/greeting'), await app.alice.post('/workflows/greeting/executions', {})]) {
      expect(answer).toMatchObject({ status: 404, json: { code: 'not_found' } });
    }
  });

  it('are each user\'s own, though they have the same name', async () => {
    await app.alice.post('/workflows', workflow('mine', agent('e', 'echo', { input: 'alice' })));
    expect((await app.bob.get('/workflows/mine')).status).toBe(404);
    expect((await app.bob.get('/workflows')).text).not.toContain('mine');
    expect((await app.bob.post('/workflows/mine/executions', {})).status).toBe(404);
    expect((await app.bob.request('DELETE', '/workflows/mine')).status).toBe(404);
    await app.bob.post('/workflows', workflow('mine', agent('e', 'echo', { input: 'bob' })));
    await app.bob.request('DELETE', '/workflows/mine');
    expect((await app.alice.follow(await app.alice.start('mine'))).at(-1)).toMatchObject({ data: { result: 'alice' } });
  });

  it('keep their inputs to the schema', async () => {
    await app.alice.post('/workflows', greeting);
    for (const input of [undefined, null, {}, { name: 1 }, 'Ann', []]) {
      expect(await app.alice.post('/workflows/greeting/executions', { input })).toMatchObject({ status: 400, json: { code: 'invalid_input', errors: [{ path: expect.stringMatching(/^\/input/) }] } });
    }
    expect(await app.alice.post('/executions', { workflow: greeting, input: { name: 1 } })).toMatchObject({ status: 400, json: { code: 'invalid_input', errors: [{ path: '/input/name' }] } });
  });

  it('that run go on with the steps they were started with', async () => {
    await app.alice.post('/workflows', workflow('changing', agent('g', 'gate'), agent('e', 'echo', { input: 'before' })));
    const id = await app.alice.start('changing');
    await app.stage.gate(id, 'g').arrived;
    await app.alice.post('/workflows', workflow('changing', agent('e', 'echo', { input: 'after' })));
    app = await app.restart();
    app.stage.gate(id, 'g', 2).open();
    expect((await app.alice.follow(id)).at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: 'before' } });
    expect((await app.alice.follow(await app.alice.start('changing'))).at(-1)).toMatchObject({ data: { result: 'after' } });
  });

  it('that break a rule are 400 with every fault and its path', async () => {
    const bad = { name: 'bad', steps: [
      { type: 'agent', name: 'a' }, { type: 'nope', name: 'b' }, agent('c', 'nobody'), { type: 'conditional', name: 'd', when: '((', then: agent('x', 'echo') }, agent('e', 'echo'), agent('e', 'echo'),
    ] };
    for (const [answer, base] of [[await app.alice.post('/workflows', bad), ''], [await app.alice.post('/executions', { workflow: bad }), '/workflow']] as const) {
      expect(answer).toMatchObject({ status: 400, json: { code: 'invalid_definition' } });
      const paths = (answer.json.errors as { path: string; message: string }[]).map(({ path, message }) => (message ? path : ''));
      for (const step of [0, 1, 2, 3]) expect(paths.some((path) => path.startsWith(`${base}/steps/${step}`))).toBe(true);
      expect(paths.some((path) => /^(\/workflow)?\/steps\/[45]/.test(path))).toBe(true);
    }
    expect((await app.alice.get('/workflows/bad')).status).toBe(404);
  });
});

describe('workflows of the code', () => {
  it('are there for everyone, with the schema of their input', async () => {
    for (const client of [app.alice, app.bob]) {
      expect((await client.get('/workflows/counted')).json).toMatchObject({
        name: 'counted', description: 'Streams numbered words', origin: 'code', inputSchema: { required: ['count'], properties: { count: { type: 'integer', maximum: 10 } } },
      });
      expect((await client.follow(await client.start('counted', { count: 3 }))).at(-1)).toMatchObject({ data: { result: 'token1 token2 token3' } });
    }
  });

  it('check their input by the class', async () => {
    for (const [input, path] of [[{ count: 11 }, '/input/count'], [{ count: 1.5 }, '/input/count'], [{}, '/input/count'], [{ count: 1, more: 2 }, '/input/more'], [[], '/input'], [undefined, '/input']] as const) {
      const answer = await app.alice.post('/workflows/counted/executions', { input });
      expect(answer).toMatchObject({ status: 400, json: { code: 'invalid_input' } });
      expect(new Set((answer.json.errors as { path: string }[]).map((fault) => fault.path))).toEqual(new Set([path]));
    }
  });

  it('cannot be shadowed or deleted', async () => {
    expect(await app.alice.post('/workflows', { ...greeting, name: 'counted' })).toMatchObject({ status: 409, json: { code: 'conflict' } });
    expect(await app.alice.request('DELETE', '/workflows/counted')).toMatchObject({ status: 409, json: { code: 'conflict' } });
    // A definition in the body only has a name: it is neither stored nor taken for the workflow of the code.
    expect((await app.alice.follow(await app.alice.start(workflow('counted', agent('e', 'echo', { input: 1 }))))).at(-1)).toMatchObject({ data: { result: 1 } });
  });
});
