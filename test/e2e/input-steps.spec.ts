import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { agent, input, iteration, parallel, workflow } from '../../src/orchestration/definition/builder.js';
import { TestApp } from '../support/app.js';
import { assertWhole, of, outline } from '../support/assert-whole.js';
import { type Client } from '../support/client.js';
import { eventually } from '../support/patience.js';
import { ServiceProcess } from '../support/process.js';

const answer = (client: Client, id: string, value: unknown, stepId?: string) => client.post(`/executions/${id}/input`, { value, ...(stepId === undefined ? {} : { stepId }) });
const approval = workflow('approval',
  agent('draft', 'echo', { input: 'a draft' }), input('approve', { prompt: 'Publish {{steps.draft.output}}?', schema: { type: 'boolean' } }), agent('after', 'echo'));

describe('a step that waits for a person', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start();
  });
  afterAll(() => app.close());

  const asked = async (flow: Parameters<Client['start']>[0], ...steps: string[]) => {
    const id = await app.alice.start(flow);
    const reader = await app.alice.openExecution(id);
    for (const step of steps) await reader.untilEvent('input_required', step);
    return { id, reader };
  };

  it('asks, waits, and goes on with the answer as its output', async () => {
    const { id, reader } = await asked(approval, 'approve');
    expect((await reader.untilEvent('input_required')).data).toEqual({ prompt: 'Publish a draft?', schema: { type: 'boolean' } });
    expect(await app.alice.status(id)).toMatchObject({ status: 'waiting', activeSteps: ['approve'], steps: { approve: { status: 'waiting', prompt: 'Publish a draft?', schema: { type: 'boolean' } } } });
    expect((await app.alice.get('/executions?status=waiting')).json.executions).toContainEqual(expect.objectContaining({ id }));
    expect(await answer(app.alice, id, false)).toMatchObject({ status: 202, json: { id } });
    await reader.whenEnded();
    assertWhole(reader.events);
    expect(of(reader.events, 'input_received').map(({ data }) => data.value)).toEqual([false]);
    expect(reader.events.at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: false } });
  });

  it('does not take what does not meet its schema', async () => {
    const { id, reader } = await asked(workflow('strict', input('ask', { schema: { type: 'object', required: ['n'], additionalProperties: false, properties: { n: { type: 'integer' } } } })), 'ask');
    for (const [value, path] of [[{ n: 'x' }, '/value/n'], [{}, '/value'], ['text', '/value'], [null, '/value'], [{ n: 1, m: 2 }, '/value']] as const) {
      const refused = await answer(app.alice, id, value);
      expect(refused).toMatchObject({ status: 400, json: { code: 'invalid_input' } });
      expect((refused.json.errors as { path: string }[])[0]?.path).toMatch(new RegExp(`^${path}`));
    }
    expect((await app.alice.status(id)).status).toBe('waiting');
    expect((await answer(app.alice, id, { n: 1 })).status).toBe(202);
    await reader.whenEnded();
    expect(of(reader.events, 'input_received')).toHaveLength(1);
  });

  it('takes any JSON where it has no schema, null too', async () => {
    for (const value of [null, false, 0, '', [], { deep: [1, { x: null }] }]) {
      const { id, reader } = await asked(workflow('free', input('ask')), 'ask');
      expect((await answer(app.alice, id, value)).status).toBe(202);
      await reader.whenEnded();
      expect(reader.events.at(-1)).toMatchObject({ data: { result: value } });
    }
  });

  it('is 400 without a value or with more than that, and stays', async () => {
    const { id } = await asked(workflow('free', input('ask')), 'ask');
    for (const body of [{}, { value: 1, more: 2 }, { value: 1, stepId: 7 }, []]) {
      expect(await app.alice.post(`/executions/${id}/input`, body)).toMatchObject({ status: 400, json: { code: 'invalid_request' } });
    }
    expect((await app.alice.status(id)).status).toBe('waiting');
    await answer(app.alice, id, 1);
  });

  it('is 409 when nothing waits: before, after and elsewhere', async () => {
    const id = await app.alice.start(workflow('late', agent('g', 'gate'), input('ask')));
    const reader = await app.alice.openExecution(id);
    await app.stage.gate(id, 'g').arrived;
    expect(await answer(app.alice, id, 1)).toMatchObject({ status: 409, json: { code: 'not_waiting' } });
    app.stage.gate(id, 'g').open();
    await reader.untilEvent('input_required');
    expect(await answer(app.alice, id, 1, 'g')).toMatchObject({ status: 409, json: { code: 'not_waiting' } });
    expect((await answer(app.alice, id, 1, 'ask')).status).toBe(202);
    expect(await answer(app.alice, id, 1)).toMatchObject({ status: 409, json: { code: 'not_waiting' } });
    await reader.whenEnded();
    expect(await answer(app.alice, id, 1)).toMatchObject({ status: 409, json: { code: 'not_waiting' } });
  });

  it('takes one of several answers that come at once', async () => {
    const { id, reader } = await asked(approval, 'approve');
    const answers = await Promise.all([true, false, true, false].map((value) => answer(app.alice, id, value)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([202, 409, 409, 409]);
    await reader.whenEnded();
    expect(of(reader.events, 'input_received')).toHaveLength(1);
  });

  it('among several is named, and each gets its own answer', async () => {
    const { id, reader } = await asked(workflow('both', parallel('p', input('left'), input('right', { schema: { type: 'number' } }), agent('g', 'gate'))), 'p/left', 'p/right');
    // As long as anything else runs, the execution runs.
    expect((await app.alice.status(id)).status).toBe('running');
    app.stage.gate(id, 'p/g').open('g');
    await reader.untilEvent('step_completed', 'p/g');
    expect((await app.alice.status(id)).status).toBe('waiting');
    expect(await answer(app.alice, id, 1)).toMatchObject({ status: 400, json: { code: 'invalid_request', errors: [{ path: '/stepId', message: expect.stringContaining('p/left, p/right') }] } });
    expect((await answer(app.alice, id, 2, 'p/right')).status).toBe(202);
    expect((await app.alice.status(id)).status).toBe('waiting');
    expect((await answer(app.alice, id, 'one')).status).toBe(202);
    await reader.whenEnded();
    expect(reader.events.at(-1)).toMatchObject({ data: { result: { left: 'one', right: 2, g: 'g' } } });
  });

  it('asks in each round of a loop', async () => {
    const { id, reader } = await asked(workflow('rounds', iteration('i', { maxIterations: 5, until: 'steps.ask.output == "stop"' }, input('ask'))), 'i[1]/ask');
    await answer(app.alice, id, 'on');
    await reader.untilEvent('input_required', 'i[2]/ask');
    await answer(app.alice, id, 'stop');
    await reader.whenEnded();
    expect(of(reader.events, 'input_required').map(({ step }) => step.id)).toEqual(['i[1]/ask', 'i[2]/ask']);
  });
});

describe('a step that waits for a person survives the process', () => {
  let service: ServiceProcess;
  afterEach(() => service.dispose());

  it.each(['SIGTERM', 'SIGKILL'] as const)('ended by %s, and asks again', async (signal) => {
    service = await ServiceProcess.start();
    let alice = service.as('alice');
    const flow = workflow('both', parallel('p', input('left', { prompt: 'L' }), input('right', { prompt: 'R' })), agent('after', 'echo'));
    const id = await alice.start(flow);
    const reader = await alice.openExecution(id);
    for (const step of ['p/left', 'p/right']) await reader.untilEvent('input_required', step);
    expect((await answer(alice, id, 'before', 'p/left')).status).toBe(202);
    await service.end(signal);
    await reader.whenEnded();

    service = await service.restart();
    alice = service.as('alice');
    await eventually(async () => (await alice.status(id)).status === 'waiting', 'the question');
    expect((await alice.status(id)).activeSteps).toEqual(['p', 'p/right']);
    // What was answered stays answered.
    expect((await answer(alice, id, 'again', 'p/left')).status).toBe(409);
    expect((await answer(alice, id, 'after')).status).toBe(202);
    const events = [...reader.events, ...(await alice.follow(id, '', { 'last-event-id': reader.lastEventId as string }))];
    assertWhole(events);
    expect(outline(events).filter((line) => line.startsWith('input_required'))).toEqual(['input_required p/left', 'input_required p/right', 'input_required p/right']);
    expect(events.at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: { left: 'before', right: 'after' } } });
  });
});
