import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DEFINITION_LIMITS, type Step, type WorkflowDefinition } from '../../contract/definition.js';
import { type Fault, StepcastError } from '../../contract/errors.js';
import { assertDefinition, validateDefinition } from './definition.validator.js';

const knowing = (...agents: string[]) => ({ hasAgent: (name: string) => agents.includes(name), names: () => agents });
const known = knowing('echo', 'delay', 'tokens', 'flaky', 'llm');
const echo = (name: string, rest: object = {}) => ({ type: 'agent', name, agent: 'echo', ...rest });
const flow = (...steps: unknown[]) => ({ name: 'flow', steps });

function refusal(run: () => unknown): StepcastError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(StepcastError);
    expect(error).toMatchObject({ code: 'invalid_definition', status: 400 });
    return error as StepcastError;
  }
  throw new Error('the definition was taken');
}
const faultsOf = (value: unknown, basePath?: string): Fault[] => refusal(() => validateDefinition(value, known, { basePath })).faults ?? [];
const pathsOf = (value: unknown) => faultsOf(value).map(({ path }) => path);
const accepts = (value: unknown) => expect(() => validateDefinition(value, known)).not.toThrow();

/** `n` sequentials around one agent: n + 1 levels. */
function nested(n: number): unknown {
  let step: unknown = echo('x');
  for (let i = 0; i < n; i++) step = { type: 'sequential', name: `s${i}`, steps: [step] };
  return flow(step);
}

/** The example of CONTRACT section 5. */
const example = JSON.parse(`{"name":"research","description":"…","inputSchema":{"type":"object","required":["topic"],"properties":{"topic":{"type":"string"}}},
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
  {"type":"input","name":"approve","prompt":"Publish?","schema":{"type":"boolean"}}]}`) as object;

describe('a valid definition', () => {
  it('is given back as a copy of its own', () => {
    const validated = validateDefinition(example, known);
    expect(validated).toEqual(example);
    expect(validated).not.toBe(example);
    expect(validated.steps).not.toBe((example as WorkflowDefinition).steps);
  });

  it('may use every option of every step', () => {
    accepts({
      name: '_all.options-1',
      steps: [
        echo('_a', { description: 'd', timeoutMs: 1, input: null, cache: { ttlMs: 31_536_000_000, scope: 'user', similarity: 1, key: '{{input.q}} {{steps.b.output}}' } }),
        echo('cached', { cache: true }), echo('not_cached', { cache: false }), echo('as_ever', { cache: {} }),
        { type: 'input', name: 'i', description: 'd', timeoutMs: 86_400_000 },
        { type: 'retry', name: 'r', maxAttempts: 100, backoff: { delayMs: 0, factor: 1.5, maxDelayMs: 86_400_000, jitter: false }, step: echo('b') },
        { type: 'iteration', name: 'it', maxIterations: 10_000, step: echo('c') },
        { type: 'parallel', name: 'p', onError: 'continue', concurrency: 1000, steps: [echo('d'), echo('constructor')] },
      ],
      streaming: { bufferSize: 100_000, flushIntervalMs: 60_000 },
      inputSchema: true,
    });
  });

  it('may name a step that comes later, as loops do', () => accepts(flow(echo('a', { input: '{{steps.b.output}}' }), echo('b'))));
});

describe('every fault is told, with its path', () => {
  it('whatever its kind, under the base path', () => {
    const bad = flow(
      { type: 'agent', name: 'a' },
      { type: 'nope', name: 'b' },
      { type: 'agent', name: 'c', agent: 'no-such-agent' },
      { type: 'conditional', name: 'd', when: '((', then: echo('x') },
      echo('e'),
      echo('e'),
    );
    expect(faultsOf(bad, '/workflow')).toEqual([
      { path: '/workflow/steps/0/agent', message: 'is missing' },
      { path: '/workflow/steps/1/type', message: 'is no type of step; it must be agent, sequential, parallel, conditional, retry, iteration or input' },
      { path: '/workflow/steps/2/agent', message: expect.stringContaining('"no-such-agent"') },
      { path: '/workflow/steps/3/when', message: expect.stringContaining('Unexpected token') },
      { path: '/workflow/steps/5/name', message: expect.stringContaining('/workflow/steps/4/name') },
    ]);
  });

  it.each<[string, unknown, string[]]>([
    ['no object', 7, ['']],
    ['null', null, ['']],
    ['nothing in it', {}, ['/name', '/steps']],
    ['no steps', flow(), ['/steps']],
    ['steps that are none', flow(1, [], null), ['/steps/0', '/steps/1', '/steps/2']],
    ['a step without a type', flow({ name: 'a' }), ['/steps/0/type']],
    ['a type that is no text', flow({ type: 7, name: 'a' }), ['/steps/0/type']],
    ['unknown fields', { ...flow(echo('a', { 'x/y~z': 1 })), extra: 1 }, ['/extra', '/steps/0/x~1y~0z']],
    ['a field of another type of step', flow(echo('a', { steps: [] })), ['/steps/0/steps']],
    ['a member called __proto__', JSON.parse('{"name":"x","__proto__":{"a":1},"steps":[{"type":"agent","name":"a","agent":"echo"}]}'), ['/__proto__']],
    ['bad names', { name: 'a b', steps: [echo('1a'), echo('a-b'), echo(''), echo('x'.repeat(101)), echo('__proto__')] },
      ['/name', '/steps/0/name', '/steps/1/name', '/steps/2/name', '/steps/3/name', '/steps/4/name']],
    ['what cannot be said of caching', flow(echo('a', { cache: 'yes' }), echo('b', { cache: { ttlMs: 0, scope: 'all', similarity: 0, key: '', ttl: 1 } }), echo('c', { cache: { similarity: 1.01, key: '{{steps.none.output}}' } }), { type: 'input', name: 'd', cache: true }),
      ['/steps/0/cache', '/steps/1/cache/key', '/steps/1/cache/scope', '/steps/1/cache/similarity', '/steps/1/cache/ttl', '/steps/1/cache/ttlMs', '/steps/2/cache/key', '/steps/2/cache/similarity', '/steps/3/cache']],
    ['results that others share', flow(echo('a', { cache: { scope: 'shared' } })), ['/steps/0/cache/scope']],
    ['a name twice, levels apart', flow(echo('a'), { type: 'retry', name: 'r', maxAttempts: 1, step: { type: 'sequential', name: 's', steps: [echo('a')] } }),
      ['/steps/1/step/steps/0/name']],
    ['numbers out of range', { ...flow(
      { type: 'retry', name: 'r', maxAttempts: 101, backoff: { delayMs: 86_400_001, factor: 0.5, maxDelayMs: -1, jitter: 'yes' }, step: echo('a') },
      { type: 'iteration', name: 'i', maxIterations: 10_001, step: echo('b') },
      { type: 'parallel', name: 'p', concurrency: 0, onError: 'ignore', steps: [echo('c')] },
      echo('d', { timeoutMs: 0 })), timeoutMs: 86_400_001, streaming: { bufferSize: 0, flushIntervalMs: 60_001, enabled: 1 } },
    ['/steps/0/backoff/delayMs', '/steps/0/backoff/factor', '/steps/0/backoff/jitter', '/steps/0/backoff/maxDelayMs', '/steps/0/maxAttempts',
      '/steps/1/maxIterations', '/steps/2/concurrency', '/steps/2/onError', '/steps/3/timeoutMs',
      '/streaming/bufferSize', '/streaming/enabled', '/streaming/flushIntervalMs', '/timeoutMs']],
    ['numbers just out of range', { ...flow(
      { type: 'retry', name: 'r', maxAttempts: 0, backoff: { factor: 100.1, maxDelayMs: 86_400_001 }, step: echo('a', { timeoutMs: 86_400_001 }) },
      { type: 'iteration', name: 'i', maxIterations: 0, step: echo('b') },
      { type: 'parallel', name: 'p', concurrency: 1001, steps: [echo('c')] }), timeoutMs: 0, streaming: { bufferSize: 100_001, flushIntervalMs: -1 } },
    ['/steps/0/backoff/factor', '/steps/0/backoff/maxDelayMs', '/steps/0/maxAttempts', '/steps/0/step/timeoutMs', '/steps/1/maxIterations', '/steps/2/concurrency', '/streaming/bufferSize', '/streaming/flushIntervalMs', '/timeoutMs']],
    ['names that are too long', { ...flow(echo('a'), { type: 'agent', name: 'b', agent: 'x'.repeat(101) }), name: 'x'.repeat(101) }, ['/name', '/steps/1/agent', '/steps/1/agent']],
    ['what stands in each branch', flow({ type: 'conditional', name: 'c', when: 'true', then: { type: 'agent', name: 'a', agent: 'none' }, else: { type: 'agent', name: 'a', agent: 'nothing' } }),
      ['/steps/0/else/agent', '/steps/0/else/name', '/steps/0/then/agent']],
    ['expressions and templates of unknown steps', flow(
      { type: 'conditional', name: 'c', when: 'steps.zzz.output == 1', then: echo('a', { input: { p: ['{{steps.nope.output.x}}'] } }) },
      { type: 'iteration', name: 'i', maxIterations: 2, until: 'steps["b c"].output', step: echo('b') },
      { type: 'input', name: 'ask', prompt: 'Is {{steps.gone.output}} right?' }),
    ['/steps/0/then/input/p/0', '/steps/0/when', '/steps/1/until', '/steps/2/prompt']],
    ['malformed templates', flow(echo('a', { input: { 'x/y': 'a {{ b' } }), echo('b', { input: ['{{output}}', '\\{{fine'] })), ['/steps/0/input/x~1y', '/steps/1/input/0']],
    ['expressions that give no bool', flow({ type: 'conditional', name: 'c', when: '1 + 1', then: echo('a') }), ['/steps/0/when']],
    ['an expression that is too long', flow({ type: 'conditional', name: 'c', when: `${'true && '.repeat(600)}true`, then: echo('a') }), ['/steps/0/when']],
    ['schemas that are none', { ...flow({ type: 'input', name: 'i', schema: { properties: { a: { type: 'strin' } } } }), inputSchema: { $ref: '#/$defs/no' } },
      ['/inputSchema/$ref', '/steps/0/schema/properties/a/type']],
  ])('%s', (_what, value, paths) => expect(pathsOf(value)).toEqual(paths));

  it('says with an agent that there is not which one may be meant, or once which ones there are', () => {
    const messagesOf = (agents: string[], ...named: string[]) => {
      const value = flow(...named.map((agent, i) => ({ type: 'agent', name: `s${i}`, agent })));
      return refusal(() => validateDefinition(value, knowing(...agents))).faults?.map(({ message }) => message);
    };
    const of = (name: string) => `names the agent "${name}", which is not registered here`;
    expect(messagesOf(['tokens', 'echo', 'llm'], 'ecko', 'nope', 'nothing')).toEqual([`${of('ecko')} (did you mean echo?)`, `${of('nope')} (known are echo, llm, tokens)`, of('nothing')]);
    expect(messagesOf(['build.verdict', 'tokens', 'brief.plan', 'echo'], 'nope')).toEqual([`${of('nope')} (known are echo, tokens, brief.plan, build.verdict)`]);
    const many = Array.from({ length: 21 }, (_, i) => `agent${String(i).padStart(2, '0')}`);
    expect(messagesOf(many.toReversed(), 'nope')).toEqual([`${of('nope')} (known are ${many.slice(0, 20).join(', ')}, …)`]);
    expect(messagesOf(many.slice(1).toReversed(), 'nope')).toEqual([`${of('nope')} (known are ${many.slice(1).join(', ')})`]);
    expect(messagesOf([], 'nope')).toEqual([of('nope')]);
  });

  it('is capped at a hundred', () => expect(faultsOf(flow(...Array.from({ length: 20_000 }, () => 1)))).toHaveLength(100));
});

describe('limits of a definition', () => {
  const steps = (n: number) => flow(...Array.from({ length: n }, (_, i) => echo(`e${i}`)));

  it('1,000 steps pass, 1,001 do not, wherever they are', () => {
    accepts(steps(1000));
    expect(pathsOf(steps(1001))).toEqual(['/steps']);
    const halves = flow({ type: 'parallel', name: 'p', steps: steps(999).steps });
    accepts(halves);
    expect(pathsOf(flow(...(halves.steps), echo('last')))).toEqual(['/steps']);
  });

  it('16 levels pass, 17 do not', () => {
    accepts(nested(13));
    accepts(nested(15));
    expect(faultsOf(nested(16))).toEqual([{ path: `${'/steps/0'.repeat(17)}`, message: expect.stringContaining('17 levels') }]);
    expect(pathsOf(nested(17))).toEqual([`${'/steps/0'.repeat(17)}`]);
  });

  it.each<[string, (name: string, inner: unknown) => object]>([
    ['parallel', (name, inner) => ({ type: 'parallel', name, steps: [inner] })], ['retry', (name, inner) => ({ type: 'retry', name, maxAttempts: 1, step: inner })],
    ['iteration', (name, inner) => ({ type: 'iteration', name, maxIterations: 1, step: inner })], ['conditional', (name, inner) => ({ type: 'conditional', name, when: 'true', then: inner })],
    ['the other branch of a conditional', (name, inner) => ({ type: 'conditional', name, when: 'true', then: echo(`${name}_then`), else: inner })],
  ])('of %s too', (_what, around) => {
    const deep = (n: number) => flow(Array.from({ length: n }, (_, i) => `s${i}`).reduce<object>((inner, name) => around(name, inner), echo('x')));
    accepts(deep(15));
    expect(faultsOf(deep(16)).map(({ message }) => message)).toContainEqual(expect.stringContaining('17 levels'));
  });

  it('names of a hundred characters pass', () => accepts({ name: `w${'x'.repeat(99)}`, steps: [echo(`s${'x'.repeat(99)}`)] }));

  it('256 KiB of UTF-8 pass, one byte more does not', () => {
    const big = (kib: number) => flow(echo('e', { input: 'x'.repeat(kib * 1024) }));
    accepts(big(250));
    expect(pathsOf(big(260))).toEqual(['']);
    const rest = DEFINITION_LIMITS.bytes - JSON.stringify(flow(echo('e', { input: '' }))).length;
    accepts(flow(echo('e', { input: 'x'.repeat(rest) })));
    expect(pathsOf(flow(echo('e', { input: `é${'x'.repeat(rest - 1)}` })))).toEqual(['']);
  });
});

describe('hostile input is refused like any other', () => {
  it('nested a hundred thousand deep', () => {
    const deep = (open: string, close: string) => JSON.parse(`${open.repeat(100_000)}1${close.repeat(100_000)}`) as unknown;
    for (const value of [deep('[', ']'), deep('{"steps":', '}'), flow(echo('a', { input: deep('[', ']') })), deep('{"type":"retry","name":"r","step":', '}')]) faultsOf(value);
  });

  it('with a hundred thousand siblings', () => {
    expect(pathsOf(flow(...Array.from({ length: 100_000 }, (_, i) => echo(`e${i}`))))).toEqual(['']);
    faultsOf(Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`k${i}`, 1])));
  });

  it('any JSON: taken, or refused as an invalid definition', () => {
    const step = fc.letrec((tie) => ({
      step: fc.oneof({ maxDepth: 4 }, fc.jsonValue(), fc.record({
        type: fc.constantFrom('agent', 'sequential', 'parallel', 'conditional', 'retry', 'iteration', 'input', '__proto__', 'nope'),
        name: fc.oneof(fc.constantFrom('a', 'b', '__proto__', 'toString'), fc.string()),
        agent: fc.oneof(fc.constantFrom('echo', 'constructor'), fc.jsonValue()),
        input: fc.oneof(fc.constantFrom('{{input}}', '{{steps.a.output}}', '{{', '{{steps.__proto__.output}}'), fc.jsonValue()),
        when: fc.oneof(fc.constantFrom('true', 'steps.a.output == 1', '((', 'steps.__proto__'), fc.string()),
        until: fc.string(),
        maxAttempts: fc.oneof(fc.integer(), fc.jsonValue()),
        maxIterations: fc.integer(),
        schema: fc.jsonValue(),
        prompt: fc.jsonValue(),
        steps: fc.oneof(fc.array(tie('step'), { maxLength: 3 }), fc.jsonValue()),
        step: tie('step'),
        then: tie('step'),
        else: tie('step'),
      }, { requiredKeys: [] })),
    })).step;
    const anything = fc.oneof(fc.jsonValue(), fc.record({ name: fc.oneof(fc.constant('w'), fc.jsonValue()), steps: fc.oneof(fc.array(step, { maxLength: 4 }), fc.jsonValue()), inputSchema: fc.jsonValue() }, { requiredKeys: [] }));
    fc.assert(fc.property(anything, (value) => {
      try {
        expect(validateDefinition(value, known)).toEqual(value);
      } catch (error) {
        if (!(error instanceof StepcastError)) throw error;
        expect(error.code).toBe('invalid_definition');
        expect(error.faults?.length).toBeGreaterThan(0);
        for (const { path } of error.faults ?? []) expect(path).toMatch(/^(\/.*)?$/s);
      }
    }), { numRuns: 500 });
  });
});

describe('trees built in code', () => {
  const inCode = (...steps: unknown[]) => ({ name: 'flow', steps: steps as Step[] });
  const pathsInCode = (definition: WorkflowDefinition) => (refusal(() => assertDefinition(definition, known)).faults ?? []).map(({ path }) => path);

  it('may hold functions as agents, inputs and conditions', () => {
    expect(() => assertDefinition(inCode(
      { type: 'agent', name: 'a', agent: () => 1, input: () => 2, timeoutMs: undefined },
      { type: 'conditional', name: 'c', when: () => true, then: { type: 'iteration', name: 'i', maxIterations: 1, until: () => true, step: { type: 'agent', name: 'b', agent: () => 1 } } },
    ), known)).not.toThrow();
  });

  it('may hold them nowhere else', () => {
    expect(pathsInCode(inCode(echo('a', { input: { agent: () => 1 } })))).toEqual(['/steps/0/input/agent']);
    expect(pathsInCode(inCode({ type: 'input', name: 'a', prompt: () => 'x' }))).toEqual(['/steps/0/prompt']);
  });

  it('may share what is cached, but cache no function, which has no name', () => {
    expect(() => assertDefinition(inCode(echo('a', { cache: { scope: 'shared' } })), known)).not.toThrow();
    expect(pathsInCode(inCode({ type: 'agent', name: 'a', agent: () => 1, cache: true }, { type: 'agent', name: 'b', agent: () => 1, cache: false }))).toEqual(['/steps/0/cache']);
  });

  it('are checked like JSON, but for their bytes', () => {
    expect(pathsInCode(inCode({ type: 'agent', name: 'a', agent: 'nobody' }, { type: 'agent', name: 'a', agent: () => 1, input: '{{steps.b.output}}' })))
      .toEqual(['/steps/0/agent', '/steps/1/input', '/steps/1/name']);
    expect(() => assertDefinition(inCode(echo('a', { input: 'x'.repeat(300_000) })), known)).not.toThrow();
    expect(pathsInCode(inCode(...Array.from({ length: 3000 }, (_, i) => echo(`e${i}`))))).toEqual(['/steps']);
  });

  it('may be circular, and are refused', () => {
    const loop = { type: 'sequential', name: 's', steps: [] as unknown[] };
    loop.steps.push(loop, echo('a'), loop);
    expect(pathsInCode(inCode(loop)).length).toBeGreaterThan(0);
    const chain: { type: string; name: string; maxAttempts: number; step?: unknown } = { type: 'retry', name: 'r', maxAttempts: 1 };
    chain.step = chain;
    expect(pathsInCode(inCode(chain))).toContain(`/steps/0${'/step'.repeat(16)}`);
  });
});
