import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Engine, START } from '../../../test/support/engine.js';
import { type AgentStep, type StreamConfig } from '../../contract/definition.js';
import { type EventDraft } from '../../contract/events.js';
import { type JsonValue } from '../../contract/json.js';
import { type AgentContext, Piece } from '../agent.js';
import { CancelScope } from '../run/cancellation.js';
import { DEFAULT_STREAMING } from '../run/execution.runner.js';
import { limitsOf } from '../run/limits.js';
import { OrchestrationOptions } from '../orchestration.options.js';
import { type RunContext, StepScope } from '../run/step.scope.js';
import { LiveAgentContext } from './agent.context.js';

/** A context, and what it has told in short: `kind@offset:delta`, or the type of the event. */
function live(streaming: StreamConfig = {}, input: JsonValue = null) {
  const run = {
    executionId: 'e1', workflow: 'research', sessionId: 's1', user: 'ann', streaming: { ...DEFAULT_STREAMING, ...streaming }, recall: { results: { plan: 1 } }, limits: limitsOf(new OrchestrationOptions()),
  } as unknown as RunContext;
  const step: AgentStep = { type: 'agent', name: 'critic', agent: 'x' };
  const scope = new StepScope(run, step, 'refine[2]/critic', { index: 0, total: 1, iteration: 2 }, null, new CancelScope());
  scope.attempt = 3;
  scope.input = input;
  const events: EventDraft[] = [];
  const context = new LiveAgentContext(scope, { next: (event) => void events.push(event) });
  const told = () => events.map((event) => (event.type === 'step_output' ? `${event.data.kind}@${event.data.offset}:${JSON.stringify(event.data.delta)}` : event.type));
  return { context, events, told, scope };
}

describe('what an agent is given', () => {
  it('says where it is, and stays the same over attempts where it identifies the step (P12)', () => {
    const { context, scope } = live();
    expect(context).toMatchObject({
      user: 'ann', executionId: 'e1', workflow: 'research', sessionId: 's1', stepId: 'refine[2]/critic', attempt: 3, iteration: 2,
      idempotencyKey: 'e1/refine[2]/critic', results: { plan: 1 },
    });
    expect(context.signal).toBe(scope.cancel.signal);
  });

  it('is a copy of the input', () => {
    const input = { list: [1] };
    const { context } = live({}, input);
    expect(context.input).toEqual(input);
    expect((context.input as typeof input).list).not.toBe(input.list);
  });
});

describe('pieces', () => {
  it('count UTF-16 units of their kind, and pieces of data', () => {
    const { context, told } = live();
    context.text('a😀');
    context.reasoning('hm');
    context.text('b');
    context.data({ n: 1 });
    context.data([2]);
    context.reasoning('!');
    expect(told()).toEqual(['text@0:"a😀"', 'reasoning@0:"hm"', 'text@3:"b"', 'data@0:{"n":1}', 'data@1:[2]', 'reasoning@2:"!"']);
  });

  it('are told by functions that were taken out of the context', () => {
    const { context, told } = live();
    const { text, progress, log } = context;
    text('a');
    progress(0.5);
    log('b');
    expect(told()).toEqual(['text@0:"a"', 'step_progress', 'message']);
  });

  it('are told at once, as what runs', () => {
    const { context, events } = live();
    context.text('x');
    expect(events[0]).toEqual({
      type: 'step_output', data: { delta: 'x', kind: 'text', offset: 0 },
      step: { id: 'refine[2]/critic', name: 'critic', type: 'agent', index: 0, total: 1, attempt: 3, iteration: 2, status: 'running' },
    });
  });

  it('that are empty are not told', () => {
    const { context, told } = live();
    context.text('');
    expect(told()).toEqual([]);
  });

  it('answer a Piece to be yielded, told or not', () => {
    for (const { context } of [live(), live({ enabled: false })]) {
      for (const piece of [context.text('x'), context.reasoning('x'), context.data(1), context.progress(1), context.log('x')]) expect(piece).toBeInstanceOf(Piece);
    }
  });

  it('of a caller without types are told as text', () => {
    const { context, told } = live();
    context.text(7 as never);
    context.text(null as never);
    expect(told()).toEqual(['text@0:"7"', 'text@1:"null"']);
  });

  it('of data are a copy; what JSON cannot carry is refused and counts for nothing', () => {
    const { context, events, told } = live();
    const data = { n: 1 };
    context.data(data);
    data.n = 2;
    expect(() => context.data(1n as never)).toThrow('BigInt');
    context.data('next');
    expect(events[0]?.data).toMatchObject({ delta: { n: 1 } });
    expect(told()[1]).toBe('data@1:"next"');
  });
});

describe('progress and log', () => {
  it('are told with their lines for people', () => {
    const { context, events } = live();
    context.progress(0.257, 'reading', { page: 3 });
    context.progress(0.5);
    context.log('saved', 'warn', 'disk');
    context.log('plain');
    expect(events.map(({ data, message }) => [data, message])).toEqual([
      [{ progress: 0.257, state: 'reading', metadata: { page: 3 } }, 'reading'],
      [{ progress: 0.5 }, '50 % of critic'],
      [{ level: 'warn', code: 'disk', text: 'saved' }, 'saved'],
      [{ level: 'info', text: 'plain' }, 'plain'],
    ]);
  });

  it.each([[-1, 0], [2, 1], [Number.NaN, 0], [Infinity, 0], ['0.5' as never, 0]])('%p is told as %p', (given, shown) => {
    const { context, events } = live();
    context.progress(given);
    expect(events[0]?.data).toEqual({ progress: shown });
  });

  it('of a caller without types are made into what JSON can carry: an event must never fail to be written', () => {
    const { context, events } = live();
    context.progress(1, 1n as never);
    context.log(Symbol('x') as never, 5n as never, 6n as never);
    context.log('x', 'fatal' as never);
    expect(events.map(({ data }) => data)).toEqual([
      { progress: 1, state: '1' }, { level: 'info', code: '6', text: 'Symbol(x)' }, { level: 'info', text: 'x' },
    ]);
  });
});

describe('tools', () => {
  it('are told with their input as it is written, their call, and how it ended', () => {
    const { context, events, told } = live();
    context.toolInput('{"city":');
    context.toolInput('"Lyon"}');
    context.toolCall({ callId: 'c1', tool: 'weather', input: { city: 'Lyon' } });
    context.toolCall({ callId: 'c2', tool: 'clock', input: {} });
    context.toolResult('c2', { output: '12:00' });
    context.toolResult('c1', { error: Object.assign(new Error('no such city'), { code: 'E_CITY' }) });
    expect(told()).toEqual(['tool_input@0:"{\\"city\\":"', 'tool_input@8:"\\"Lyon\\"}"', 'tool_call', 'tool_call', 'tool_result', 'tool_result']);
    expect(events[2]).toMatchObject({ data: { callId: 'c1', tool: 'weather', input: { city: 'Lyon' } }, message: 'Calling weather' });
    expect(events[4]).toMatchObject({ data: { callId: 'c2', output: '12:00', durationMs: expect.any(Number) }, message: 'clock has answered' });
    expect(events[5]).toMatchObject({
      data: { callId: 'c1', error: { code: 'agent_failed', message: 'no such city', cause: 'E_CITY', stepId: 'refine[2]/critic' } }, message: 'weather has failed',
    });
  });

  it('end once, and only where they were called', () => {
    const { context, told } = live();
    context.toolResult('c1', { output: 1 });
    context.toolCall({ callId: 'c1', tool: 't', input: null });
    context.toolResult('c1', { output: 1 });
    context.toolResult('c1', { output: 2 });
    expect(told()).toEqual(['tool_call', 'tool_result']);
  });
});

describe('usage', () => {
  it('is summed', () => {
    const { context } = live();
    expect(context.used).toBeUndefined();
    context.usage({ inputTokens: 2, costUsd: 0.25 });
    context.usage({ inputTokens: 3, outputTokens: 1, totalTokens: 4 });
    expect(context.used).toEqual({ inputTokens: 5, outputTokens: 1, totalTokens: 4, costUsd: 0.25 });
  });

  it('that is no number is left out: it would spoil the sum', () => {
    const { context } = live();
    context.usage({ inputTokens: 2 });
    context.usage({ inputTokens: Number.NaN, outputTokens: '5' as never, totalTokens: 7n as never, costUsd: Infinity });
    expect(context.used).toEqual({ inputTokens: 2 });
  });
});

describe('what is streamed can be left out', () => {
  const all = (streaming: StreamConfig) => {
    const { context, told } = live(streaming);
    context.text('t');
    context.reasoning('r');
    context.data(1);
    context.progress(0.5);
    context.log('x');
    return { told: told(), text: context.streamedText };
  };

  it('all of it, but the text is kept as an output', () => {
    expect(all({ enabled: false })).toEqual({ told: [], text: 't' });
  });

  it('progress alone, and log lines alone', () => {
    expect(all({ emitProgress: false }).told).not.toContain('step_progress');
    expect(all({ emitLogs: false }).told).not.toContain('message');
    expect(all({ emitProgress: false, emitLogs: false }).told).toHaveLength(3);
  });
});

describe('with flushIntervalMs', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('keeps the inputs of two calls apart', () => {
    const { context, events } = live({ flushIntervalMs: 50 });
    context.toolInput('{"a"', 'c1');
    context.toolInput(':1}', 'c1');
    context.toolInput('{}', 'c2');
    context.toolInput('{', 'c1');
    context.end();
    expect(events.map(({ data }) => data)).toEqual([
      { delta: '{"a":1}', kind: 'tool_input', offset: 0, callId: 'c1' },
      { delta: '{}', kind: 'tool_input', offset: 7, callId: 'c2' },
      { delta: '{', kind: 'tool_input', offset: 9, callId: 'c1' },
    ]);
  });

  it('pieces of text are told as one when it is over, counted from the first', () => {
    const { context, told } = live({ flushIntervalMs: 50 });
    context.text('one ');
    jest.advanceTimersByTime(30);
    context.text('two ');
    jest.advanceTimersByTime(19);
    expect(told()).toEqual([]);
    jest.advanceTimersByTime(1);
    context.text('three');
    jest.advanceTimersByTime(50);
    expect(told()).toEqual(['text@0:"one two "', 'text@8:"three"']);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('the order stays: what waits goes before anything else', () => {
    const { context, told } = live({ flushIntervalMs: 50 });
    context.text('a');
    context.reasoning('b');
    context.reasoning('c');
    context.text('d');
    context.progress(0.5);
    context.text('e');
    context.log('x');
    context.text('f');
    context.data(1);
    expect(told()).toEqual(['text@0:"a"', 'reasoning@0:"bc"', 'text@1:"d"', 'step_progress', 'text@2:"e"', 'message', 'text@3:"f"', 'data@0:1']);
  });

  it('the end tells what waits, and leaves no timer', () => {
    const { context, told } = live({ flushIntervalMs: 50 });
    context.text('a');
    context.end();
    expect(told()).toEqual(['text@0:"a"']);
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('after the end', () => {
  it('nothing is told and nothing kept', () => {
    jest.useFakeTimers();
    const { context, told } = live({ flushIntervalMs: 50 });
    context.text('waits');
    context.close();
    context.text('late');
    context.reasoning('late');
    context.data(1);
    context.progress(1);
    context.log('late');
    jest.advanceTimersByTime(1000);
    expect(told()).toEqual([]);
    expect(context.streamedText).toBe('waits');
    jest.useRealTimers();
  });

  it('is told once to who waits for it, at once where it has come', () => {
    const { context } = live();
    const [before, after] = [jest.fn(), jest.fn()];
    context.onClose(before);
    context.close();
    context.close();
    context.onClose(after);
    expect([before.mock.calls.length, after.mock.calls.length]).toEqual([1, 1]);
  });
});

it('what the agent used is told with step_completed and stands in the status', async () => {
  const engine = await new Engine({ agents: { llm: (ctx: AgentContext) => { ctx.usage({ totalTokens: 5, costUsd: 0.1 }); return 'x'; } } }).open();
  const id = await engine.start([{ type: 'agent', name: 'a', agent: 'llm' }, { type: 'agent', name: 'b', agent: 'llm' }]);
  const log = await engine.ended(id);
  expect(log.flatMap((event) => (event.type === 'step_completed' ? [event.data.usage] : []))).toEqual([{ totalTokens: 5, costUsd: 0.1 }, { totalTokens: 5, costUsd: 0.1 }]);
  expect(await engine.status(id)).toMatchObject({ usage: { totalTokens: 10, costUsd: 0.2 }, createdAt: new Date(START).toISOString() });
  await engine.close();
});
