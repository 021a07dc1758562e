import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Engine, only, outline, upTo } from '../../../test/support/engine.js';
import { type InputStep, type WorkflowDefinition } from '../../contract/definition.js';

const ask = (more: Partial<InputStep> = {}): InputStep => ({ type: 'input', name: 'ask', ...more });

describe('a step that waits for a person', () => {
  let engine: Engine;
  let next: Engine | undefined;
  beforeEach(async () => void (engine = await new Engine().open()));
  afterEach(async () => {
    await engine.close();
    await next?.close();
    next = undefined;
  });

  it('asks, waits, and has the answer as its output', async () => {
    const id = await engine.start(ask({ prompt: 'Publish {{input.title}}?', schema: { type: 'boolean' } }), { title: 'Tides' });
    await engine.told(id, 'input_required');
    expect(await engine.status(id)).toMatchObject({ status: 'waiting', activeSteps: ['ask'], steps: { ask: { status: 'waiting', prompt: 'Publish Tides?' } } });
    await engine.executions.answer(id, 'ask', true);
    const log = await engine.ended(id);
    expect(outline(log)).toEqual(['workflow_started', 'step_started ask', 'input_required ask', 'input_received ask', 'step_completed ask', 'workflow_completed']);
    expect(only(log, 'input_required')).toMatchObject({ message: 'Publish Tides?', data: { prompt: 'Publish Tides?', schema: { type: 'boolean' } }, step: { status: 'waiting' } });
    expect(only(log, 'input_received').data).toEqual({ value: true });
    expect(only(log, 'workflow_completed').data.result).toBe(true);
  });

  it('asks without prompt and schema where there are none, and takes any value', async () => {
    const id = await engine.start(ask());
    expect(only(await engine.told(id, 'input_required'), 'input_required')).toMatchObject({ message: 'ask waits for input', data: {} });
    await engine.executions.answer(id, undefined, { any: [null] });
    expect(only(await engine.ended(id), 'workflow_completed').data.result).toEqual({ any: [null] });
  });

  it('puts a value that is no text into its prompt as JSON', async () => {
    const id = await engine.start(ask({ prompt: '{{input}}' }), { n: 1 });
    expect(only(await engine.told(id, 'input_required'), 'input_required').data.prompt).toBe('{"n":1}');
  });

  it('takes no answer that does not meet its schema, and no second one', async () => {
    const id = await engine.start([ask({ schema: { type: 'boolean' } }), ask({ name: 'more' })]);
    await engine.told(id, 'input_required');
    await expect(engine.executions.answer(id, 'ask', 'yes')).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(engine.executions.answer(id, 'more', 1)).rejects.toMatchObject({ code: 'not_waiting' });
    await engine.executions.answer(id, 'ask', false);
    await expect(engine.executions.answer(id, 'ask', false)).rejects.toMatchObject({ code: 'not_waiting' });
    expect((await engine.log(id)).filter(({ type }) => type === 'input_received')).toHaveLength(1);
  });

  it('fails before it asks where its prompt leads nowhere', async () => {
    const log = await engine.run(ask({ prompt: '{{input.missing}}' }));
    expect(outline(log).slice(1, 3)).toEqual(['step_started ask', 'step_failed ask']);
    expect(only(log, 'step_failed').data.error.code).toBe('expression_failed');
  });

  it('is cancelled while it waits, and takes no answer afterwards', async () => {
    const id = await engine.start(ask());
    await engine.told(id, 'input_required');
    await engine.executions.cancel(id);
    expect(outline(await engine.log(id)).slice(-2)).toEqual(['step_cancelled ask', 'workflow_cancelled']);
    await expect(engine.executions.answer(id, 'ask', 1)).rejects.toMatchObject({ code: 'not_waiting', message: 'no step of this execution waits for input; it is cancelled' });
  });

  it('takes an answer or a cancel that come at the same moment, whichever is first, and never both', async () => {
    for (const first of ['answer', 'cancel'] as const) {
      const id = await engine.start([ask(), ask({ name: 'later' })]);
      await engine.told(id, 'input_required');
      const answer = () => engine.executions.answer(id, 'ask', 1).then(() => 'answered', ({ code }: { code: string }) => code);
      const cancel = () => engine.executions.cancel(id).then(() => 'cancelled');
      const both = first === 'answer' ? [answer(), cancel()] : [cancel(), answer()];
      const outcome = (await Promise.all(both)).sort();
      const log = await engine.log(id);
      expect(log.at(-1)?.type).toBe('workflow_cancelled');
      expect(outcome).toEqual(log.some(({ type }) => type === 'input_received') ? ['answered', 'cancelled'] : ['cancelled', 'not_waiting']);
    }
  });

  it('fails by its time-out', async () => {
    expect(only(await engine.run(ask({ timeoutMs: 1 })), 'workflow_failed').data.error).toMatchObject({ code: 'step_timeout', stepId: 'ask' });
  });

  it('waits beside others: each is answered by its name', async () => {
    const id = await engine.start({ type: 'parallel', name: 'P', steps: [ask({ name: 'a' }), ask({ name: 'b' })] });
    await engine.told(id, 'input_required', 'P/b');
    expect((await engine.status(id)).status).toBe('waiting');
    await expect(engine.executions.answer(id, undefined, 1)).rejects.toMatchObject({ code: 'invalid_request' });
    await engine.executions.answer(id, 'P/b', 'b');
    await engine.executions.answer(id, undefined, 'a');
    expect(only(await engine.ended(id), 'workflow_completed').data.result).toEqual({ a: 'a', b: 'b' });
  });

  it('keeps the answer as it was given, whatever the giver does to it then', async () => {
    const id = await engine.start([ask(), { type: 'agent', name: 'after', agent: 'echo' }]);
    await engine.told(id, 'input_required');
    const value = { n: 1 };
    const answered = engine.executions.answer(id, 'ask', value);
    value.n = 2;
    await answered;
    expect(only(await engine.ended(id), 'workflow_completed').data.result).toEqual({ n: 1 });
  });

  it('after a crash asks again where it had not been answered, and does not where it had', async () => {
    const definition: WorkflowDefinition = { name: 'w', steps: [ask()] };
    const first = await engine.start(definition);
    await engine.told(first, 'input_required');
    const asked = await engine.log(first);
    await engine.executions.answer(first, 'ask', 'yes');
    const answered = upTo(await engine.ended(first), 'input_received');

    next = new Engine();
    const [open, done] = [await next.plant({ definition, events: asked }), await next.plant({ definition, events: answered })];
    await next.open();
    expect(outline(await next.ended(done)).slice(answered.length)).toEqual(['workflow_resumed', 'step_started ask', 'step_completed ask', 'workflow_completed']);
    expect(outline(await next.log(open)).slice(asked.length)).toEqual(['workflow_resumed', 'step_started ask', 'input_required ask']);
    await next.executions.answer(open, undefined, 'now');
    expect(only(await next.ended(open), 'workflow_completed').data.result).toBe('now');
  });
});
