import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { IsString } from 'class-validator';
import { of as observableOf } from 'rxjs';
import { StepcastError } from '../../src/contract/errors.js';
import { type JsonObject, type JsonValue } from '../../src/contract/json.js';
import { Tool, type ToolContext, type ToolHandler } from '../../src/llm/tools/tool.js';
import { agent, iteration, parallel, retry, workflow } from '../../src/orchestration/definition/builder.js';
import { of, outline } from '../support/assert-whole.js';
import { within } from '../support/patience.js';
import { errorOf, resultOf, ToolsApp } from './support/tools.app.js';

interface Use {
  input: JsonValue;
  context: ToolContext;
}

/** What the tools do is written by the test. */
class Desk {
  uses: Use[] = [];
  play: (input: JsonObject, context: ToolContext) => unknown = (input) => input;
  private came = Promise.withResolvers<Use>();

  use(input: JsonObject, context: ToolContext): unknown {
    this.uses.push({ input: structuredClone(input), context });
    this.came.resolve({ input, context });
    return this.play(input, context);
  }

  /** The next call of a tool. */
  next(): Promise<Use> {
    this.came = Promise.withResolvers();
    return within(this.came.promise, 'the call of a tool');
  }

  reset(): void {
    this.uses = [];
    this.play = (input) => input;
  }
}

class CityDto {
  @IsString() city!: string;
}

@Tool({ name: 'weather', description: 'The weather in a city', schema: CityDto })
class Weather implements ToolHandler<CityDto> {
  constructor(private readonly desk: Desk) {}
  execute(input: CityDto, context: ToolContext) { return this.desk.use(input as unknown as JsonObject, context); }
}

@Tool({ name: 'free-form', description: 'Takes anything', timeoutMs: 50 })
class FreeForm implements ToolHandler<JsonObject> {
  constructor(private readonly desk: Desk) {}
  execute(input: JsonObject, context: ToolContext) { return this.desk.use(input, context); }
}

const desk = new Desk();
let tools: ToolsApp;
beforeAll(async () => {
  tools = await ToolsApp.start({ providers: [{ provide: Desk, useValue: desk }, Weather, FreeForm] });
});
afterAll(() => tools.close());
beforeEach(() => desk.reset());

const weather = (input: JsonValue = { city: 'Bonn' }) => agent('t', 'tool', { input: { tool: 'weather', input } });
const free = (input: JsonValue = {}) => agent('t', 'tool', { input: { tool: 'free-form', input } });
const never = () => new Promise<never>(() => undefined);

describe('a tool step', () => {
  it('gives what the tool answers, and tells of the call from its beginning to its end', async () => {
    desk.play = ({ city }, { progress, log }) => {
      progress(0.5, 'asking');
      progress(0.75);
      log('it is early', 'warn');
      return { city, sun: undefined, at: new Date(0) };
    };
    const events = await tools.run(weather({ city: '{{input}}' }), 'Bonn');
    expect(resultOf(events)).toEqual({ city: 'Bonn', at: '1970-01-01T00:00:00.000Z' });
    expect(outline(events)).toEqual([
      'workflow_started', 'step_started t', 'tool_call t', 'step_progress t', 'step_progress t', 'step_progress t', 'message t', 'tool_result t', 'step_progress t', 'step_completed t', 'workflow_completed',
    ]);
    expect(of(events, 'tool_call')[0]?.data).toEqual({ callId: 'call_1', tool: 'weather', input: { city: 'Bonn' } });
    expect(of(events, 'tool_result')[0]?.data).toEqual({ callId: 'call_1', output: resultOf(events), durationMs: expect.any(Number) });
    const metadata = { tool: 'weather', callId: 'call_1' };
    expect(of(events, 'step_progress').map(({ data }) => data)).toEqual([
      { progress: 0, state: 'executing_weather', metadata }, { progress: 0.5, state: 'asking', metadata },
      { progress: 0.75, state: 'executing_weather', metadata }, { progress: 1, state: 'completed_weather', metadata },
    ]);
    expect(of(events, 'message')[0]?.data).toMatchObject({ level: 'warn', text: 'it is early' });
  });

  it('tells the tool where it is, for whom it works, and when to stop', async () => {
    const events = await tools.run(iteration('i', { maxIterations: 1 }, weather()));
    const { context } = desk.uses[0] as Use;
    const { executionId } = events[0] as { executionId: string };
    expect(context).toMatchObject({ callId: 'call_1', user: 'alice', executionId, stepId: 'i[1]/t', idempotencyKey: expect.stringMatching(new RegExp(`^${executionId}/i\\[1\\]/t/weather/[0-9a-f]{32}$`)) });
    expect(context.signal.aborted).toBe(false);
  });

  it('takes what the step before gives, and no input for an empty one', async () => {
    const events = await tools.run([agent('choose', 'echo', { input: { tool: 'free-form' } }), agent('t', 'tool')]);
    expect(resultOf(events)).toEqual({});
  });

  it.each<[string, unknown, JsonValue]>([['nothing', undefined, null], ['null', null, null], ['a text', 'x', 'x'], ['a promise', Promise.resolve([1]), [1]], ['a number', Number.NaN, null]])('takes %s for an answer', async (_what, answer, output) => {
    desk.play = () => answer;
    expect(resultOf(await tools.run(free()))).toEqual(output);
  });

  it('gives the tool a copy of its own, to do with as it likes', async () => {
    desk.play = (input) => Object.assign(input, { changed: true });
    const events = await tools.run([agent('before', 'echo', { input: { a: 1 } }), free('{{steps.before.output}}'), agent('after', 'echo', { input: '{{steps.before.output}}' })]);
    expect(resultOf(events)).toEqual({ a: 1 });
  });
});

describe('a call of a tool fails', () => {
  const failure = async (play: Desk['play'], step = free()) => {
    desk.play = play;
    const events = await tools.run(step);
    const error = errorOf(events);
    expect(of(events, 'tool_result')[0]?.data).toEqual({ callId: 'call_1', error: { ...error, stepId: 't' }, durationMs: expect.any(Number) });
    expect(of(events, 'step_progress').at(-1)?.data.state).toMatch(/^failed_/);
    return error;
  };

  it.each<[string, () => unknown, RegExp]>([
    ['throws', () => { throw new Error('out of order'); }, /^the tool "free-form" failed: out of order$/],
    ['rejects', () => Promise.reject(new Error('out of order')), /failed: out of order$/],
    ['throws a text', () => { throw 'out of order' as unknown as Error; }, /failed: out of order$/],
    ['throws an object', () => { throw { reason: 'heat' } as unknown as Error; }, /failed: {"reason":"heat"}$/],
    ['answers what JSON cannot carry', () => ({ n: 1n }), /failed: \/n is a BigInt, which JSON cannot carry/],
    ['answers a generator', function* () { yield 1; }, /answers a stream; answer a value or a promise/],
    ['answers an async generator', async function* () { yield 1; }, /answers a stream/],
    ['answers an Observable', () => observableOf(1), /answers a stream/],
  ])('where it %s', async (_what, play, message) => {
    expect(await failure(play)).toMatchObject({ code: 'tool_failed', message: expect.stringMatching(message) });
  });

  it('with what is known of a failure: whether and when to try again', async () => {
    expect(await failure(() => { throw new StepcastError('rate_limited', 'slower', { retryable: true, retryAfterSeconds: 2 }); })).toMatchObject({
      code: 'tool_failed', message: 'the tool "free-form" failed: slower', retryable: true, retryAfterMs: 2000,
    });
  });

  it('where its input is not what it takes: it is not called', async () => {
    expect(await failure((input) => input, weather({ town: 'Bonn' }))).toMatchObject({
      code: 'tool_failed', message: expect.stringMatching(/^the input of the tool "weather" is not what it takes: .*\/city city must be a string/),
    });
    expect(await failure((input) => input, free([1]))).toMatchObject({ code: 'tool_failed' });
    expect(desk.uses).toEqual([]);
  });

  it('where it takes longer than it may: its signal aborts, and it is let go of where it does not care', async () => {
    expect(await failure(never)).toMatchObject({ code: 'tool_failed', message: 'the tool "free-form" took longer than 50 ms; raise its timeoutMs, or make it faster' });
    expect(desk.uses[0]?.context.signal.aborted).toBe(true);
  });

  it('where nobody has registered it: at the start where it is named, in the run where a template names it', async () => {
    const refused = await tools.app.alice.post('/executions', { workflow: workflow('w', agent('t', 'tool', { input: { tool: 'whether' } })) });
    expect(refused).toMatchObject({ status: 400, json: { code: 'invalid_definition', errors: [{ message: expect.stringMatching(/there is no tool "whether"; .*\(there are: .*weather/) }] } });
    const events = await tools.run(agent('t', 'tool', { input: { tool: '{{input}}' } }), 'whether');
    expect(errorOf(events)).toMatchObject({ code: 'tool_not_found', message: expect.stringMatching(/^there is no tool "whether"; register a provider with @Tool/), retryable: false });
  });

  it.each<[JsonValue, string]>([[{}, 'must be the name of a tool'], [{ tool: 7 }, 'must be the name of a tool'], [[], 'must be an object {tool, input}'], [{ tool: 'weather', inputs: {} }, 'is not known; there are tool and input']])('before the start, where the step can never run: %j', async (input, message) => {
    expect(await tools.app.alice.post('/executions', { workflow: workflow('w', agent('t', 'tool', { input })) })).toMatchObject({ status: 400, json: { code: 'invalid_definition', errors: [{ message }] } });
    expect(errorOf(await tools.run(agent('t', 'tool', { input: '{{input}}' }), input))).toMatchObject({ code: 'invalid_input', message: expect.stringContaining(message) });
  });
});

describe('a call of a tool', () => {
  it('has one key over the attempts of its step, and another one for other input', async () => {
    desk.play = () => {
      if (desk.uses.length === 1) throw new Error('once');
      return desk.uses.length;
    };
    await tools.run([retry('r', { maxAttempts: 2, backoff: { delayMs: 0 } }, weather()), parallel('p', agent('same', 'tool', { input: { tool: 'weather', input: { city: 'Bonn' } } }), agent('other', 'tool', { input: { tool: 'weather', input: { city: 'Ulm' } } }))]);
    const keys = desk.uses.map(({ context }) => context.idempotencyKey);
    expect(keys).toHaveLength(4);
    expect(keys[1]).toBe(keys[0]);
    expect(new Set(keys).size).toBe(3);
  });

  it('has it after a restart too, which runs the step again as a new attempt', async () => {
    const next = desk.next();
    desk.play = never;
    const own = await ToolsApp.start({ providers: [{ provide: Desk, useValue: desk }, Weather] });
    const id = await own.app.alice.start(workflow('w', weather()));
    const first = await next;
    const again = desk.next();
    desk.play = (input) => input;
    const app = await own.app.restart();
    const second = await again;
    expect(second.context.idempotencyKey).toBe(first.context.idempotencyKey);
    expect(first.context.signal.aborted).toBe(true);
    const events = await app.alice.follow(id);
    expect(of(events, 'step_started').map(({ step }) => step.attempt)).toEqual([1, 2]);
    expect(resultOf(events)).toEqual({ city: 'Bonn' });
    await app.close();
  });

  it('ends with a cancel of the execution, told neither as answered nor as failed', async () => {
    const next = desk.next();
    desk.play = never;
    const id = await tools.app.alice.start(workflow('w', weather()));
    const { context } = await next;
    expect((await tools.app.alice.post(`/executions/${id}/cancel`)).status).toBe(202);
    expect(context.signal.aborted).toBe(true);
    expect(outline(await tools.app.alice.follow(id))).toEqual(['workflow_started', 'step_started t', 'tool_call t', 'step_progress t', 'step_cancelled t', 'workflow_cancelled']);
  });
});
