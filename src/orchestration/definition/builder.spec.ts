import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Step } from '../../contract/definition.js';
import { type JsonValue } from '../../contract/json.js';
import { type AgentContext } from '../agent.js';
import { agent, conditional, input, iteration, parallel, retry, sequential, workflow } from './builder.js';
import { assertDefinition, validateDefinition } from './definition.validator.js';

const known = { hasAgent: () => true, names: () => [] };

describe('code and JSON give the same tree', () => {
  it('for the workflow of the contract', () => {
    const built = workflow(
      'research',
      {
        description: '…',
        inputSchema: { type: 'object', required: ['topic'], properties: { topic: { type: 'string' } } },
        streaming: { enabled: true, emitProgress: true, emitLogs: true, bufferSize: 1000, flushIntervalMs: 0 },
        timeoutMs: 600_000,
      },
      agent('plan', 'llm', { input: { prompt: 'Plan research on {{input.topic}}' } }),
      parallel('gather', { concurrency: 3, onError: 'fail' }, agent('a', 'echo', { input: { x: 1 } }), agent('b', 'delay', { input: { ms: 200 } })),
      conditional('enough', { when: 'size(steps.gather.output) >= 2', then: agent('x', 'echo'), else: agent('y', 'echo') }),
      retry('publish', { maxAttempts: 3, backoff: { delayMs: 100, factor: 2, maxDelayMs: 5000, jitter: true } }, agent('send', 'flaky', { input: { failures: 1 } })),
      iteration('refine', { maxIterations: 3, until: 'steps.critic.output.ok == true' }, agent('critic', 'echo')),
      sequential('wrap', agent('one', 'echo', { input: '{{steps.plan.output}}' })),
      input('approve', { prompt: 'Publish?', schema: { type: 'boolean' } }),
    );
    const json = JSON.parse(`{"name":"research","description":"…","inputSchema":{"type":"object","required":["topic"],"properties":{"topic":{"type":"string"}}},
     "streaming":{"enabled":true,"emitProgress":true,"emitLogs":true,"bufferSize":1000,"flushIntervalMs":0},
     "timeoutMs":600000,
     "steps":[
      {"type":"agent","name":"plan","agent":"llm","input":{"prompt":"Plan research on {{input.topic}}"}},
      {"type":"parallel","name":"gather","concurrency":3,"onError":"fail","steps":[
        {"type":"agent","name":"a","agent":"echo","input":{"x":1}},
        {"type":"agent","name":"b","agent":"delay","input":{"ms":200}}]},
      {"type":"conditional","name":"enough","when":"size(steps.gather.output) >= 2","then":{"type":"agent","name":"x","agent":"echo"},"else":{"type":"agent","name":"y","agent":"echo"}},
      {"type":"retry","name":"publish","maxAttempts":3,"backoff":{"delayMs":100,"factor":2,"maxDelayMs":5000,"jitter":true},"step":{"type":"agent","name":"send","agent":"flaky","input":{"failures":1}}},
      {"type":"iteration","name":"refine","maxIterations":3,"until":"steps.critic.output.ok == true","step":{"type":"agent","name":"critic","agent":"echo"}},
      {"type":"sequential","name":"wrap","steps":[{"type":"agent","name":"one","agent":"echo","input":"{{steps.plan.output}}"}]},
      {"type":"input","name":"approve","prompt":"Publish?","schema":{"type":"boolean"}}]}`) as unknown;
    expect(built).toStrictEqual(json);
    expect(validateDefinition(json, known)).toStrictEqual(built);
  });

  it('with options everywhere, and without what is undefined', () => {
    const both = { description: 'd', timeoutMs: 5 };
    const none = { description: undefined, timeoutMs: undefined };
    expect(sequential('s', both, agent('a'))).toStrictEqual({ type: 'sequential', name: 's', steps: [{ type: 'agent', name: 'a', agent: 'a' }], ...both });
    expect(parallel('p', agent('a'))).toStrictEqual({ type: 'parallel', name: 'p', steps: [{ type: 'agent', name: 'a', agent: 'a' }] });
    expect(agent('a', both)).toStrictEqual({ type: 'agent', name: 'a', agent: 'a', ...both });
    expect(agent('a', { ...none, input: null })).toStrictEqual({ type: 'agent', name: 'a', agent: 'a', input: null });
    expect(agent('a', 'b', { cache: { scope: 'shared' } })).toStrictEqual({ type: 'agent', name: 'a', agent: 'b', cache: { scope: 'shared' } });
    expect(conditional('c', { ...both, when: 'true', then: agent('a'), else: undefined })).toStrictEqual({ type: 'conditional', name: 'c', when: 'true', then: agent('a'), ...both });
    expect(retry('r', { ...none, maxAttempts: 2, backoff: undefined }, agent('a'))).toStrictEqual({ type: 'retry', name: 'r', maxAttempts: 2, step: agent('a') });
    expect(iteration('i', { ...both, maxIterations: 2 }, agent('a'))).toStrictEqual({ type: 'iteration', name: 'i', maxIterations: 2, step: agent('a'), ...both });
    expect(input('q')).toStrictEqual({ type: 'input', name: 'q' });
    expect(workflow('w', agent('a'))).toStrictEqual({ name: 'w', steps: [agent('a')] });
  });
});

describe('agents', () => {
  it('may be functions', () => {
    const run = async (ctx: AgentContext<{ n: number }>) => ctx.input.n + 1;
    const step = agent('inline', run, { input: (ctx) => ({ n: ctx.previous }) });
    expect(step.agent).toBe(run);
    expect(() => assertDefinition(workflow('w', step, agent('next', async (ctx) => ctx.input)), { hasAgent: () => false, names: () => [] })).not.toThrow();
  });

  it('whose names can be no names of steps need one', () => {
    expect(() => agent('my-agent')).toThrow(expect.objectContaining({ code: 'invalid_definition', message: expect.stringContaining("agent('my_agent', 'my-agent')") }));
    expect(() => agent('2nd', { timeoutMs: 1 })).toThrow(expect.objectContaining({ message: expect.stringContaining("agent('_2nd', '2nd')") }));
    expect(agent('mine', 'my-agent')).toEqual({ type: 'agent', name: 'mine', agent: 'my-agent' });
  });
});

it('whatever is built of valid parts passes, in code and as JSON', () => {
  const options = fc.record({ description: fc.string(), timeoutMs: fc.integer({ min: 1, max: 86_400_000 }) }, { requiredKeys: [] });
  const plain = fc.jsonValue().filter((value) => !JSON.stringify(value).includes('{{')).map((value) => JSON.parse(JSON.stringify(value)) as JsonValue);
  const condition = fc.constantFrom('true', 'input.n > 1', 'steps.s0.output == null', 'has(input.x) && input.x.size() < 5');
  // Names are given when the tree is whole, so that none comes twice.
  type Named = (name: () => string) => Step;
  const { tree } = fc.letrec<{ tree: Named; list: Named[] }>((tie) => ({
    list: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }),
    tree: fc.oneof(
      { maxDepth: 5 },
      fc.tuple(options, fc.oneof(plain, fc.constant('{{steps.s0.output}} and {{input.a[0]}}'))).map(([o, value]): Named => (name) => agent(name(), 'echo', { ...o, input: value })),
      options.map((o): Named => (name) => input(name(), { ...o, prompt: 'Is {{previous}} right?', schema: { type: 'boolean' } })),
      fc.tuple(options, tie('list')).map(([o, list]): Named => (name) => sequential(name(), o, ...list.map((step) => step(name)))),
      fc.tuple(options, tie('list'), fc.integer({ min: 1, max: 1000 })).map(([o, list, concurrency]): Named => (name) => parallel(name(), { ...o, concurrency }, ...list.map((step) => step(name)))),
      fc.tuple(condition, tie('tree'), fc.option(tie('tree'), { nil: undefined })).map(([when, yes, no]): Named => (name) => conditional(name(), { when, then: yes(name), else: no?.(name) })),
      fc.tuple(tie('tree'), fc.integer({ min: 1, max: 100 })).map(([step, maxAttempts]): Named => (name) => retry(name(), { maxAttempts, backoff: { jitter: false } }, step(name))),
      fc.tuple(tie('tree'), fc.option(condition, { nil: undefined })).map(([step, until]): Named => (name) => iteration(name(), { maxIterations: 3, until }, step(name))),
    ),
  }));
  fc.assert(fc.property(fc.array(tree, { minLength: 1, maxLength: 4 }), (steps) => {
    let count = 0;
    const name = () => `s${count++}`;
    const definition = workflow('generated', ...steps.map((step) => step(name)));
    expect(() => assertDefinition(definition, known)).not.toThrow();
    expect(validateDefinition(JSON.parse(JSON.stringify(definition)), known)).toStrictEqual(definition);
  }));
});
