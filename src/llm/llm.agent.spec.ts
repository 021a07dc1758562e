import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type LanguageModel, simulateReadableStream } from 'ai';
import { MockLanguageModelV4 } from 'ai/test';
import { Engine } from '../../test/support/engine.js';
import { type AgentStep, type Step } from '../contract/definition.js';
import { type ExecutionEvent } from '../contract/events.js';
import { type JsonValue } from '../contract/json.js';
import { LlmAgent } from './llm.agent.js';
import { type LlmOptions } from './llm.options.js';
import { ModelRegistry, type ResolvedModel } from './models.registry.js';
import { ToolRegistry } from './tools/tool.registry.js';
import { ToolRunner } from './tools/tool.runner.js';

type StreamResult = Awaited<ReturnType<MockLanguageModelV4['doStream']>>;
type Part = StreamResult['stream'] extends ReadableStream<infer P> ? P : never;
type Finish = Extract<Part, { type: 'finish' }>['finishReason'];

const PRICE = { input: 1, output: 10 };

class MockRegistry extends ModelRegistry {
  constructor(private readonly mock: LanguageModel, options: LlmOptions = {}) {
    super({ defaultModel: 'openai/mock', prices: { 'openai/mock': PRICE }, openai: { apiKey: 'k' }, ...options });
  }

  override async resolve(): Promise<ResolvedModel> {
    return { name: 'openai/mock', model: this.mock };
  }
}

const text = (...deltas: string[]): Part[] => [{ type: 'text-start', id: 't' }, ...deltas.map((delta): Part => ({ type: 'text-delta', id: 't', delta })), { type: 'text-end', id: 't' }];
const reasoning = (...deltas: string[]): Part[] => [{ type: 'reasoning-start', id: 'r' }, ...deltas.map((delta): Part => ({ type: 'reasoning-delta', id: 'r', delta })), { type: 'reasoning-end', id: 'r' }];
const call = (id: string, toolName: string, input: string): Part[] => [
  { type: 'tool-input-start', id, toolName },
  ...(input.match(/.{1,8}/g) ?? []).map((delta): Part => ({ type: 'tool-input-delta', id, delta })),
  { type: 'tool-input-end', id },
  { type: 'tool-call', toolCallId: id, toolName, input },
];
const finish = (unified: Finish['unified'] = 'stop', raw: string | undefined = unified): Part => ({
  type: 'finish', finishReason: { unified, raw },
  usage: { inputTokens: { total: 100, noCache: 60, cacheRead: 40, cacheWrite: undefined }, outputTokens: { total: 20, text: 15, reasoning: 5 } },
});

/** A model that answers with each of these in turn. */
function modelOf(...answers: Part[][]): MockLanguageModelV4 {
  let next = 0;
  return new MockLanguageModelV4({
    doStream: async () => ({ stream: simulateReadableStream({ chunks: [{ type: 'stream-start', warnings: [] }, ...(answers[next++] ?? [finish()])], initialDelayInMs: null, chunkDelayInMs: null }) }),
  });
}

const OBJECT = { type: 'object', required: ['city'], properties: { city: { type: 'string' } } };
const llm = (input: JsonValue): AgentStep => ({ type: 'agent', name: 'ask', agent: 'llm', input });
const ofType = <T extends ExecutionEvent['type']>(log: ExecutionEvent[], type: T) => log.filter((event): event is Extract<ExecutionEvent, { type: T }> => event.type === type);
const pieces = (log: ExecutionEvent[], kind: string) => ofType(log, 'step_output').filter(({ data }) => data.kind === kind).map(({ data }) => data.delta as string);
const outputOf = (log: ExecutionEvent[]) => ofType(log, 'workflow_completed')[0]?.data.result;
const errorOf = (log: ExecutionEvent[]) => ofType(log, 'workflow_failed')[0]?.data.error;

it('says what its answer depends on: the server that answers, and tools as the model is told of them', () => {
  const subjectOf = (baseUrl: string | undefined, description: string) => {
    const tools = new ToolRegistry();
    tools.register({ name: 'weather', description, schema: OBJECT, timeoutMs: 1000, check: () => [], handler: { execute: () => null } });
    const options: LlmOptions = { defaultModel: 'openai/mock', openai: { apiKey: 'k', ...(baseUrl === undefined ? {} : { baseUrl }) } };
    return new LlmAgent(new ModelRegistry(options), tools, new ToolRunner(tools), options).cacheSubject({ prompt: 'Why?', tools: ['weather'] });
  };
  expect(subjectOf(undefined, 'd')).toEqual({ model: 'openai/mock', fixed: { tools: [{ name: 'weather', description: 'd', schema: OBJECT }] }, prompt: 'Why?' });
  expect(subjectOf('http://proxy/v1', 'd').model).toBe('openai/mock at http://proxy/v1');
  expect(subjectOf(undefined, 'e').fixed).not.toEqual(subjectOf(undefined, 'd').fixed);
});

describe('the agent llm', () => {
  let engine: Engine;
  const tools = new ToolRegistry();
  const ran: string[] = [];
  const gate: { open: () => void; opened: Promise<void> } = { open: () => undefined, opened: Promise.resolve() };
  const tool = (name: string, execute: (input: never) => unknown) =>
    tools.register({ name, description: `does ${name}`, schema: OBJECT, timeoutMs: 10_000, check: (input) => (typeof (input as { city?: unknown }).city === 'string' ? [] : [{ path: '/city', message: 'must be string' }]), handler: { execute } });
  tool('weather', ({ city }: { city: string }) => {
    ran.push(city);
    return { city, degrees: 21 };
  });
  tool('broken', () => {
    throw new Error('no station');
  });
  tool('slow', async () => {
    await gate.opened;
    return 'late';
  });

  beforeEach(async () => {
    ran.length = 0;
    engine = await new Engine().open();
  });
  afterEach(() => engine.close());

  const register = (model: LanguageModel, options: LlmOptions = {}) =>
    engine.agents.register({ name: 'llm', handler: new LlmAgent(new MockRegistry(model, options), tools, new ToolRunner(tools), options) });
  const ask = async (model: LanguageModel, input: JsonValue, options?: LlmOptions) => {
    register(model, options);
    return engine.run(llm(input));
  };

  it('streams text and reasoning; the output is exactly the text', async () => {
    const log = await ask(modelOf([...reasoning('hm', '…'), ...text('Hel', 'lo 👋', '', ' there'), finish()]), { prompt: 'hi' });
    expect(pieces(log, 'reasoning')).toEqual(['hm', '…']);
    expect(pieces(log, 'text').join('')).toBe('Hello 👋 there');
    expect(outputOf(log)).toBe('Hello 👋 there');
  });

  it('gives the model what the step says, and lets the SDK try once', async () => {
    const model = modelOf([...text('a'), finish()]);
    await ask(model, { prompt: { question: 'why' }, system: 'be brief', temperature: 0.5, maxOutputTokens: 9 });
    expect(model.doStreamCalls).toHaveLength(1);
    expect(model.doStreamCalls[0]).toMatchObject({
      temperature: 0.5, maxOutputTokens: 9,
      prompt: [{ role: 'system', content: 'be brief' }, { role: 'user', content: [{ type: 'text', text: '{\n  "question": "why"\n}' }] }],
    });
  });

  it('tells tokens and money with step_completed, summed over all calls of the model', async () => {
    const log = await ask(modelOf([...call('c1', 'weather', '{"city":"Rome"}'), finish('tool-calls')], [...text('warm'), finish()]), { prompt: 'hi', tools: ['weather'] });
    const { usage } = ofType(log, 'step_completed')[0]?.data ?? {};
    expect(usage).toEqual({ inputTokens: 200, cachedInputTokens: 80, outputTokens: 40, reasoningTokens: 10, totalTokens: 240, costUsd: 0.0006 });
    expect((await engine.status(log[0]?.executionId as string)).usage).toEqual(usage);
  });

  it('runs tools that the model calls, and streams the text of all its steps in order', async () => {
    const model = modelOf([...text('Let me see. '), ...call('c1', 'weather', '{"city":"Rome"}'), finish('tool-calls')], [...text('It is ', '21 degrees.'), finish()]);
    const log = await ask(model, { prompt: 'Rome?', tools: ['weather'] });
    expect(outputOf(log)).toBe('Let me see. It is 21 degrees.');
    expect(pieces(log, 'text').join('')).toBe('Let me see. It is 21 degrees.');
    expect(pieces(log, 'tool_input').join('')).toBe('{"city":"Rome"}');
    expect(ofType(log, 'tool_call').map(({ data }) => data)).toEqual([{ callId: 'c1', tool: 'weather', input: { city: 'Rome' } }]);
    expect(ofType(log, 'tool_result').map(({ data }) => data)).toEqual([{ callId: 'c1', output: { city: 'Rome', degrees: 21 }, durationMs: expect.any(Number) }]);
    expect(ofType(log, 'step_progress').map(({ data }) => [data.state, data.progress])).toEqual([['executing_weather', 0], ['completed_weather', 0.125]]);
    const order = log.map(({ type, data }) => (type === 'step_output' ? (data as { kind: string }).kind : type));
    const said = order.filter((what, i) => what !== order[i - 1]);
    expect(said).toEqual(['workflow_started', 'step_started', 'text', 'tool_input', 'tool_call', 'step_progress', 'tool_result', 'step_progress', 'text', 'step_completed', 'workflow_completed']);
    expect(model.doStreamCalls[1]?.prompt.at(-1)).toMatchObject({ role: 'tool', content: [{ toolName: 'weather', output: { type: 'json', value: { city: 'Rome', degrees: 21 } } }] });
  });

  it('runs calls of one step side by side', async () => {
    Object.assign(gate, { opened: new Promise<void>((open) => (gate.open = open)) });
    register(modelOf([...call('c1', 'slow', '{"city":"a"}'), ...call('c2', 'weather', '{"city":"Oslo"}'), finish('tool-calls')], [...text('done'), finish()]));
    const id = await engine.start(llm({ prompt: 'both', tools: ['weather', 'slow'] }));
    const early = await engine.told(id, 'tool_result');
    expect(ofType(early, 'tool_result').map(({ data }) => data.callId)).toEqual(['c2']);
    gate.open();
    const log = await engine.ended(id);
    expect(ofType(log, 'tool_result').map(({ data }) => [data.callId, data.output])).toEqual([['c2', { city: 'Oslo', degrees: 21 }], ['c1', 'late']]);
    expect(outputOf(log)).toBe('done');
  });

  it('gives calls ids of their own where the provider does not', async () => {
    const twice = [...call('x', 'weather', '{"city":"A"}'), finish('tool-calls')];
    const log = await ask(modelOf(twice, twice, [...text('ok'), finish()]), { prompt: 'p', tools: ['weather'] });
    expect(ofType(log, 'tool_call').map(({ data }) => data.callId)).toEqual(['x', 'x#2']);
    expect(new Set(ofType(log, 'step_output').filter(({ data }) => data.kind === 'tool_input').map(({ data }) => data.callId))).toEqual(new Set(['x', 'x#2']));
    expect(ofType(log, 'tool_result').map(({ data }) => data.callId)).toEqual(['x', 'x#2']);
  });

  it.each<[string, Part[], string, RegExp]>([
    ['fails', call('c1', 'broken', '{"city":"a"}'), 'tool_failed', /no station/],
    ['is given what it does not take', call('c1', 'weather', '{"town":"a"}'), 'tool_failed', /city/],
    ['is given no JSON', call('c1', 'weather', '{"city":'), 'tool_failed', /no JSON/],
    ['does not exist', call('c1', 'teleport', '{}'), 'tool_not_found', /teleport/],
  ])('tells the model of a tool that %s, and the stream, and goes on', async (_, calls, code, message) => {
    const model = modelOf([...calls, finish('tool-calls')], [...text('never mind'), finish()]);
    const log = await ask(model, { prompt: 'p', tools: ['weather', 'broken'] });
    expect(outputOf(log)).toBe('never mind');
    expect(ofType(log, 'tool_call').map(({ data }) => data.callId)).toEqual(['c1']);
    expect(ofType(log, 'tool_result').map(({ data }) => data)).toEqual([{ callId: 'c1', error: { code, message: expect.stringMatching(message), stepId: 'ask' }, durationMs: expect.any(Number) }]);
    const told = model.doStreamCalls[1]?.prompt.at(-1);
    expect(told).toMatchObject({ role: 'tool', content: [{ toolCallId: 'c1', output: { type: expect.stringMatching(/^error-/) } }] });
  });

  it('calls the model maxSteps times at most, and says so', async () => {
    const again = [...text('and '), ...call('c', 'weather', '{"city":"A"}'), finish('tool-calls')];
    const model = modelOf(again, again, again);
    const log = await ask(model, { prompt: 'p', tools: ['weather'], maxSteps: 2 });
    expect(model.doStreamCalls).toHaveLength(2);
    expect(outputOf(log)).toBe('and and ');
    expect(ofType(log, 'message').map(({ data }) => [data.level, data.code])).toEqual([['warn', 'max_steps']]);
  });

  it.each(['tool-calls', 'stop'] as const)('fails where all its steps went into tools and it has said nothing, also where the server says %s of a call', async (reason) => {
    const log = await ask(modelOf([...call('c', 'weather', '{"city":"A"}'), finish(reason)]), { prompt: 'p', tools: ['weather'], maxSteps: 1 });
    expect(errorOf(log)).toMatchObject({ code: 'output_invalid', message: expect.stringMatching(/maxSteps 1\).*written no text; raise maxSteps/) });
    expect(ofType(log, 'message')).toEqual([]);
  });

  it('calls it 8 times at most by default', async () => {
    const model = modelOf(...Array.from({ length: 9 }, (_, i) => [...call(`c${i}`, 'weather', '{"city":"A"}'), finish('tool-calls')]));
    await ask(model, { prompt: 'p', tools: ['weather'] });
    expect(model.doStreamCalls).toHaveLength(8);
  });

  describe('asked for an object', () => {
    const schema = { type: 'object', required: ['n'], properties: { n: { type: 'integer' } }, additionalProperties: false };

    it('gives it as the output, and streams none of its JSON as text', async () => {
      const model = modelOf([...reasoning('hm'), ...text('{"n"', ': 7}'), finish()]);
      const log = await ask(model, { prompt: 'p', schema });
      expect(outputOf(log)).toEqual({ n: 7 });
      expect(pieces(log, 'text')).toEqual([]);
      expect(pieces(log, 'reasoning')).toEqual(['hm']);
      expect(ofType(log, 'step_progress').map(({ data }) => data.state)).toEqual(['writing_object']);
      expect(model.doStreamCalls[0]?.responseFormat).toMatchObject({ type: 'json', schema });
    });

    it('takes that of the last step, after those with tools', async () => {
      const log = await ask(modelOf([...text('looking'), ...call('c1', 'weather', '{"city":"A"}'), finish('tool-calls')], [...text('{"n":1}'), finish()]), { prompt: 'p', schema, tools: ['weather'] });
      expect(outputOf(log)).toEqual({ n: 1 });
    });

    it.each<[string, Part[], RegExp]>([
      ['is no JSON', [...text('{"n":'), finish()], /no JSON/],
      ['does not meet the schema', [...text('{"n":"7"}'), finish()], /\/n must be integer/],
      ['is cut short', [...text('{"n":'), finish('length')], /maxOutputTokens/],
      ['never comes', [...call('c1', 'weather', '{"city":"A"}'), finish('tool-calls')], /maxSteps/],
    ])('fails with output_invalid where it %s', async (_, answer, message) => {
      const log = await ask(modelOf(answer), { prompt: 'p', schema, tools: ['weather'], maxSteps: 1 });
      expect(errorOf(log)).toMatchObject({ code: 'output_invalid', message: expect.stringMatching(message) });
    });
  });

  it('warns where the answer is cut short by the limit of tokens', async () => {
    const log = await ask(modelOf([...text('once upon'), finish('length')]), { prompt: 'p' });
    expect(outputOf(log)).toBe('once upon');
    expect(ofType(log, 'message').map(({ data }) => [data.level, data.code])).toEqual([['warn', 'output_truncated']]);
  });

  it.each<[string, Part[], object]>([
    ['all its tokens went into reasoning', [...reasoning('hm'), finish('length')], { code: 'output_invalid', message: expect.stringMatching(/raise maxOutputTokens/) }],
    ['it stops for a reason of its own', [finish('other', 'OTHER')], { code: 'model_failed', retryable: true, message: expect.stringMatching(/"OTHER"/) }],
  ])('fails where there is no text, and %s', async (_, answer, error) => {
    const log = await ask(modelOf(answer), { prompt: 'p' });
    expect(errorOf(log)).toMatchObject(error);
  });

  it('warns where the model is done and has written nothing', async () => {
    const log = await ask(modelOf([finish()]), { prompt: 'p' });
    expect(outputOf(log)).toBe('');
    expect(ofType(log, 'message').map(({ data }) => [data.level, data.code])).toEqual([['warn', 'empty_answer']]);
  });

  it('passes warnings of the provider on, each once', async () => {
    const warned = (...parts: Part[]): StreamResult => ({ stream: simulateReadableStream({ chunks: [{ type: 'stream-start', warnings: [{ type: 'unsupported', feature: 'temperature', details: 'it reasons' }] }, ...parts], initialDelayInMs: null, chunkDelayInMs: null }) });
    const model = new MockLanguageModelV4({ doStream: [warned(...call('c1', 'weather', '{"city":"A"}'), finish('tool-calls')), warned(...text('a'), finish())] });
    const log = await ask(model, { prompt: 'p', tools: ['weather'] });
    expect(ofType(log, 'message').map(({ data }) => data)).toEqual([{ level: 'warn', code: 'model_warning', text: 'the model does not support "temperature": it reasons' }]);
  });

  it.each<[string, Part[], string, boolean | undefined]>([
    ['the provider filters the answer', [...text('I will'), finish('content-filter')], 'content_filter', false],
    ['the stream ends without an end', text('I wi'), 'overloaded', true],
    ['the stream ends without a word', [], 'overloaded', true],
    ['the provider says that it was cut', [...text('I wi'), finish('interrupted', undefined)], 'overloaded', true],
    ['the model says that it failed', [...text('I wi'), finish('error', 'MALFORMED_FUNCTION_CALL')], 'model_failed', true],
    ['a server of Chat Completions says no more than that it failed', [...text('I wi'), finish('other', 'error')], 'model_failed', true],
    ['an error comes in the stream', [...text('I wi'), { type: 'error', error: { message: 'Overloaded', type: 'overloaded_error' } }], 'overloaded', true],
  ])('fails where %s', async (_, answer, code, retryable) => {
    const log = await ask(modelOf(answer), { prompt: 'p' });
    expect(errorOf(log)).toMatchObject({ code, retryable, stepId: 'ask' });
  });

  it('is tried again by a retry step alone, and the text of the attempt that failed is void', async () => {
    const model = modelOf([...text('I wi')], [...text('I will'), finish()]);
    register(model);
    const retry: Step = { type: 'retry', name: 'again', maxAttempts: 2, backoff: { delayMs: 1 }, step: llm({ prompt: 'p' }) };
    const log = await engine.run(retry);
    const voided = log.findIndex(({ type }) => type === 'step_retrying');
    expect(pieces(log.slice(voided), 'text').join('')).toBe('I will');
    expect(outputOf(log)).toBe('I will');
    expect(model.doStreamCalls).toHaveLength(2);
  });

  it('lets a model be silent for a time, and no longer', async () => {
    const silent = new MockLanguageModelV4({ doStream: async () => ({ stream: new ReadableStream<Part>({ start: (controller) => text('I wi').forEach((part) => controller.enqueue(part)) }) }) });
    const log = await ask(silent, { prompt: 'p' }, { idleTimeoutMs: 40 });
    expect(errorOf(log)).toMatchObject({ code: 'overloaded', retryable: true, message: expect.stringContaining('silent for 40 ms') });
  });

  it('lets tools take longer than models', async () => {
    Object.assign(gate, { opened: new Promise<void>((open) => (gate.open = open)) });
    register(modelOf([...call('c1', 'slow', '{"city":"a"}'), finish('tool-calls')], [...text('done'), finish()]), { idleTimeoutMs: 6000 });
    const id = await engine.start(llm({ prompt: 'p', tools: ['slow'] }));
    await engine.told(id, 'tool_call');
    // The time itself is what is tested.
    await new Promise((resolve) => setTimeout(resolve, 6100));
    gate.open();
    expect(outputOf(await engine.ended(id))).toBe('done');
  });

  it('aborts the call on cancel', async () => {
    let signal: AbortSignal | undefined;
    const hanging = new MockLanguageModelV4({
      doStream: async ({ abortSignal }) => {
        signal = abortSignal;
        return { stream: new ReadableStream<Part>({ start: (controller) => text('I wi').forEach((part) => controller.enqueue(part)) }) };
      },
    });
    register(hanging);
    const id = await engine.start(llm({ prompt: 'p' }));
    await engine.told(id, 'step_output');
    await engine.executions.cancel(id);
    expect(signal?.aborted).toBe(true);
    expect((await engine.ended(id)).at(-1)?.type).toBe('workflow_cancelled');
  });

  it('fetches no file for a model', async () => {
    const model = modelOf([...text('a'), finish()]);
    const messages = [{ role: 'user', content: [{ type: 'file', data: 'http://169.254.169.254/latest', mediaType: 'image/png' }] }];
    const log = await ask(model, { messages });
    expect(errorOf(log)).toMatchObject({ code: 'address_refused', retryable: false });
    expect(model.doStreamCalls).toHaveLength(0);
  });

  describe('before the start', () => {
    const refusal = async (input: JsonValue, options: LlmOptions = {}) => {
      engine.agents.register({ name: 'llm', handler: new LlmAgent(new ModelRegistry(options), tools, new ToolRunner(tools), options) });
      return engine.start(llm(input)).then(() => undefined, (error: unknown) => error);
    };

    it('names the variable of a key that is missing', async () => {
      expect(await refusal({ prompt: 'p', model: 'anthropic/claude-x' })).toMatchObject({ code: 'model_not_configured', status: 400, message: expect.stringContaining('ANTHROPIC_API_KEY') });
    });

    it('names LLM_MODEL where no model is named', async () => {
      expect(await refusal({ prompt: 'p' })).toMatchObject({ code: 'model_not_configured', status: 400, message: expect.stringContaining('LLM_MODEL') });
    });

    it.each<[string, JsonValue, string]>([
      ['neither prompt nor messages', { system: 'a' }, '/input'],
      ['a tool there is not', { prompt: 'p', tools: ['weather', 'teleport'] }, '/input/tools/1'],
      ['a schema that is none', { prompt: 'p', schema: { type: 'object', required: 'n' } }, '/input/schema/required'],
    ])('refuses %s', async (_, input, path) => {
      expect(await refusal(input, { defaultModel: 'openai/x', openai: { apiKey: 'k' } })).toMatchObject({ code: 'invalid_definition', status: 400, faults: [{ path: `/workflow/steps/0${path}` }] });
    });

    it('lets templates be, and checks what they have become', async () => {
      register(modelOf([...text('a'), finish()]));
      const id = await engine.start(llm({ prompt: '{{input.question}}', tools: '{{input.tools}}' }), { question: 'p', tools: ['teleport'] });
      expect(errorOf(await engine.ended(id))).toMatchObject({ code: 'invalid_input', message: expect.stringContaining('teleport') });
    });
  });
});
