import { EventEmitter, on } from 'node:events';
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { concat, EMPTY, NEVER, Observable, of, throwError } from 'rxjs';
import { Engine, only, outline, turns } from '../../../test/support/engine.js';
import { type AgentStep, type StreamConfig } from '../../contract/definition.js';
import { StepcastError } from '../../contract/errors.js';
import { type ExecutionEvent } from '../../contract/events.js';
import { type AgentContext, type AgentFunction, type AgentResult, type Piece } from '../agent.js';

const step = (agent: AgentFunction<never> | string, more: Partial<AgentStep> = {}): AgentStep => ({ type: 'agent', name: 'a', agent: agent as never, ...more });
const pieces = (log: readonly ExecutionEvent[]) => log.flatMap((event) => (event.type === 'step_output' ? [event.data.delta] : []));
const outputOf = (log: readonly ExecutionEvent[]) => only(log, 'step_completed').data.output;

describe('an agent step', () => {
  let engine: Engine;
  const unhandled: unknown[] = [];
  const note = (error: unknown) => void unhandled.push(error);
  beforeEach(async () => {
    process.on('unhandledRejection', note).on('uncaughtException', note);
    engine = await new Engine().open();
  });
  afterEach(async () => {
    await engine.close();
    await turns();
    process.off('unhandledRejection', note).off('uncaughtException', note);
    expect(unhandled.splice(0)).toEqual([]);
  });

  const run = (agent: AgentFunction<never>, streaming?: StreamConfig) =>
    engine.run({ name: 'flow', ...(streaming ? { streaming } : {}), steps: [step(agent)] }, { topic: 'tides' });
  /** Runs the agent until its code has been reached, and cancels. */
  const cancelled = async (agent: (ctx: AgentContext, reached: () => void) => AgentResult) => {
    const reached = Promise.withResolvers<void>();
    const id = await engine.start(step((ctx: AgentContext) => agent(ctx, reached.resolve)));
    await reached.promise;
    await turns();
    await engine.executions.cancel(id);
    await turns();
    const log = await engine.log(id);
    expect(outline(log).slice(-2)).toEqual(['step_cancelled a', 'workflow_cancelled']);
    return log;
  };

  describe('gives its result', () => {
    const text = async function* () { yield 'one '; yield 'two'; };
    it.each<[string, () => AgentResult, unknown, unknown[]]>([
      ['as a value', () => ({ n: 1 }), { n: 1 }, []],
      ['as an array, which is a value', () => [1, 2], [1, 2], []],
      ['as a promise', () => Promise.resolve('x'), 'x', []],
      ['as nothing', () => undefined, null, []],
      ['as an object that JSON writes its own way', () => ({ at: new Date(0), left: undefined }), { at: '1970-01-01T00:00:00.000Z' }, []],
      ['as pieces of text', text, 'one two', ['one ', 'two']],
      ['as a promise of pieces', () => Promise.resolve(text()), 'one two', ['one ', 'two']],
      ['as pieces, and another output', async function* () { yield 'one'; return { n: 1 }; }, { n: 1 }, ['one']],
      ['as pieces, and null as its output', async function* () { yield 'one'; return null; }, null, ['one']],
      ['as values, of which the last is the output', async function* () { yield { n: 1 }; yield 'text'; yield { n: 2 }; yield undefined; }, { n: 2 }, [{ n: 1 }, 'text', { n: 2 }]],
      ['as a plain generator', function* () { yield 'one '; yield 'two'; }, 'one two', ['one ', 'two']],
      ['as no pieces at all', async function* () { /* nothing */ }, null, []],
      ['as a stream of Node', () => Readable.from(['one ', 'two']), 'one two', ['one ', 'two']],
      ['as a stream of the web', () => new ReadableStream<string>({ start: (c) => { c.enqueue('one '); c.enqueue('two'); c.close(); } }), 'one two', ['one ', 'two']],
      ['as an Observable', () => of('one ', 'two'), 'one two', ['one ', 'two']],
      ['as an Observable of values', () => of({ n: 1 }, { n: 2 }), { n: 2 }, [{ n: 1 }, { n: 2 }]],
      ['as an Observable of nothing', () => EMPTY, null, []],
      ['as an asynchronous iterable without an end to clean up', () => ({ [Symbol.asyncIterator]: () => text() }), 'one two', ['one ', 'two']],
    ])('%s', async (_how, agent, output, streamed) => {
      const log = await run(agent);
      expect(pieces(log)).toEqual(streamed);
      expect(outputOf(log)).toEqual(output);
      expect(only(log, 'workflow_completed').data.result).toEqual(output);
    });

    it('as the text that it streamed by its context, yielded or not', async () => {
      expect(outputOf(await run((ctx: AgentContext) => { ctx.text('one '); ctx.text('two'); ctx.reasoning('hm'); }))).toBe('one two');
      const log = await run(async function* (ctx: AgentContext): AsyncGenerator<Piece> { yield ctx.text('one '); yield ctx.progress(0.5); yield ctx.text('two'); });
      expect(outputOf(log)).toBe('one two');
      expect(pieces(log)).toEqual(['one ', 'two']);
    });

    it('as an iterator that is not asked to clean up once it has come to its end', async () => {
      const cleanUp = jest.fn(async () => ({ done: true as const, value: undefined }));
      const values = ['one', 'two'];
      const log = await run(() => ({ [Symbol.asyncIterator]: () => ({ next: async () => ({ value: values[0], done: values.shift() === undefined }), return: cleanUp }) }));
      expect([outputOf(log), cleanUp.mock.calls.length]).toEqual(['onetwo', 0]);
    });

    it('as text that is not streamed where streaming is off', async () => {
      const log = await run(async function* () { yield 'one '; yield 'two'; }, { enabled: false });
      expect([pieces(log), outputOf(log)]).toEqual([[], 'one two']);
    });
  });

  it('streams as it does by default where an option is given as undefined, which JSON would leave out', async () => {
    const log = await run(async function* (ctx: AgentContext) { yield 'one'; ctx.progress(0.5); ctx.log('x'); }, { enabled: undefined, emitProgress: undefined, emitLogs: undefined, flushIntervalMs: undefined });
    expect(outline(log).slice(2, -2)).toEqual(['step_output a', 'step_progress a', 'message a']);
  });

  describe('fails', () => {
    it.each<[string, () => AgentResult, string, string?]>([
      ['when it throws', () => { throw new Error('broken'); }, 'broken'],
      ['when it rejects', () => Promise.reject(new Error('broken')), 'broken'],
      ['when its generator throws', async function* () { yield 'one'; throw new Error('broken'); }, 'broken'],
      ['when its Observable errors', () => concat(of('one'), throwError(() => new Error('broken'))), 'broken'],
      ['when it throws what is no error', () => Promise.reject(Object.assign(new Error(), { message: { odd: true } })), '{"odd":true}'],
      ['when it yields what JSON cannot carry', async function* () { yield 1n; }, 'BigInt', 'output_not_json'],
      ['when its Observable gives what JSON cannot carry', () => of('one', () => 1), 'function', 'output_not_json'],
    ])('%s', async (_how, agent, message, code = 'agent_failed') => {
      const { error } = only(await run(agent), 'step_failed', 'a').data;
      expect(error).toMatchObject({ code, stepId: 'a' });
      expect(error.message).toContain(message);
    });

    it('when its output is nothing that JSON can carry', async () => {
      const { error } = only(await run(() => ({ deep: { n: 1n } })), 'step_failed').data;
      expect(error.code).toBe('output_not_json');
      expect(error.message).toMatch(/^the agent's output: \/deep\/n is a BigInt/);
    });

    it('when nobody has registered it any more', async () => {
      const id = await engine.plant({ definition: { name: 'flow', steps: [step('gone')] } });
      const other = new Engine({ journal: engine.journal });
      await other.open();
      expect(only(await other.ended(id), 'step_failed').data.error).toMatchObject({ code: 'agent_not_found', message: 'there is no agent "gone"; register one with @Agent(\'gone\')' });
    });

    it('with the code of our own error, and what it streamed before is told first', async () => {
      const log = await run(async function* () { yield 'half'; throw new StepcastError('invalid_input', 'give more'); }, { flushIntervalMs: 60_000 });
      expect(pieces(log)).toEqual(['half']);
      expect(only(log, 'step_failed').data.error).toEqual({ code: 'invalid_input', message: 'give more', stepId: 'a' });
    });

    it('and lets its generator clean up where it is what was yielded that failed', async () => {
      const cleaned = jest.fn();
      await run(async function* () { try { yield 1n; } finally { cleaned(); } });
      expect(cleaned).toHaveBeenCalledTimes(1);
    });
  });

  describe('on cancel', () => {
    it('sees its signal abort, with the reason, before cancel answers', async () => {
      let seen: unknown;
      await cancelled(({ signal }, reached) => new Promise(() => {
        signal.addEventListener('abort', () => { seen = signal.reason; });
        reached();
      }));
      expect(seen).toMatchObject({ name: 'AbortError', code: 'cancelled' });
    });

    it('may do and give what it likes afterwards: nothing of it is told', async () => {
      const late = Promise.withResolvers<string>();
      let context: AgentContext | undefined;
      const log = await cancelled((ctx, reached) => { context = ctx; reached(); return late.promise; });
      context?.text('late');
      context?.progress(1);
      context?.log('late');
      late.resolve('late');
      await turns();
      expect(await engine.log(log[0]?.executionId as string)).toEqual(log);
    });

    it('may fail afterwards, unheard', async () => {
      const late = Promise.withResolvers<string>();
      await cancelled((_ctx, reached) => { reached(); return late.promise; });
      late.reject(new Error('late'));
      await turns();
    });

    it.each<[string, (reached: () => void, cleaned: () => void) => AgentResult]>([
      ['an asynchronous generator that never ends', async function* (reached, cleaned) { try { for (;;) { yield 'x'; reached(); await turn(); } } finally { cleaned(); } }],
      ['a generator that never ends', function* (reached, cleaned) { try { for (;;) { yield 'x'; reached(); } } finally { cleaned(); } }],
      ['an Observable that never ends', (reached, cleaned) => new Observable((subscriber) => { subscriber.next('x'); reached(); return cleaned; })],
      ['an iterator whose next value never comes', (reached, cleaned) => ({
        [Symbol.asyncIterator]: () => ({ next: () => { reached(); return new Promise<never>(() => undefined); }, return: async () => { cleaned(); return { done: true as const, value: undefined }; } }),
      })],
      ['an emitter of events', (reached, cleaned) => { const emitter = new EventEmitter(); const events = on(emitter, 'x'); emitter.on('removeListener', cleaned); reached(); return events; }],
    ])('lets %s clean up', async (_what, agent) => {
      const cleaned = jest.fn();
      await cancelled((_ctx, reached) => agent(reached, cleaned));
      expect(cleaned).toHaveBeenCalled();
    });

    it.each<[string, (reached: () => void) => AgentResult]>([
      ['an Observable', (reached) => new Observable(() => { reached(); return () => { throw new Error('late'); }; })],
      ['an iterator', (reached) => ({ [Symbol.asyncIterator]: () => ({ next: () => { reached(); return new Promise<never>(() => undefined); }, return: () => { throw new Error('late'); } }) })],
    ])('does not mind that cleaning up %s throws: the others are cancelled as well', async (_what, agent) => {
      const reached = Promise.withResolvers<void>();
      const signals: AbortSignal[] = [];
      const quiet = (name: string): AgentStep => ({ ...step(({ signal }: AgentContext) => { signals.push(signal); return NEVER; }), name });
      const id = await engine.start({ type: 'parallel', name: 'P', steps: [quiet('before'), step(() => agent(reached.resolve)), quiet('after')] });
      await reached.promise;
      await turns();
      await engine.executions.cancel(id);
      expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
      expect(outline(await engine.log(id)).slice(-5)).toEqual(['step_cancelled P/before', 'step_cancelled P/a', 'step_cancelled P/after', 'step_cancelled P', 'workflow_cancelled']);
    });

    it('does not mind that cleaning up fails', async () => {
      await cancelled(async function* (_ctx, reached) { try { for (;;) { yield 'x'; reached(); } } finally { await Promise.reject(new Error('late')); } });
    });

    it('tells the text that the agent had streamed before', async () => {
      const reached = Promise.withResolvers<void>();
      const id = await engine.start({ name: 'flow', streaming: { flushIntervalMs: 60_000 }, steps: [step((ctx: AgentContext) => { ctx.text('half'); reached.resolve(); return NEVER; })] });
      await reached.promise;
      await engine.executions.cancel(id);
      expect(outline(await engine.log(id))).toEqual(['workflow_started', 'step_started a', 'step_output a', 'step_cancelled a', 'workflow_cancelled']);
    });

    it('does not begin where the cancel came first', async () => {
      const called = jest.fn(() => 1);
      const held = Promise.withResolvers<void>();
      jest.spyOn(engine.journal, 'whenWritable').mockReturnValueOnce(held.promise);
      const id = await engine.start(step(called));
      await engine.executions.cancel(id);
      held.resolve();
      await turns();
      expect(called).not.toHaveBeenCalled();
    });
  });

  it('is let go of when the process shuts down: its signal aborts and its generator cleans up, but it has not ended', async () => {
    const reached = Promise.withResolvers<AbortSignal>();
    const cleaned = jest.fn();
    const id = await engine.start(step(async function* ({ signal }: AgentContext) {
      try {
        for (;;) { yield 'x'; reached.resolve(signal); await turn(); }
      } finally { cleaned(); }
    }));
    const signal = await reached.promise;
    await engine.recovery.onModuleDestroy();
    expect(signal.aborted).toBe(true);
    await turns();
    expect(cleaned).toHaveBeenCalledTimes(1);
    expect(outline(await engine.log(id)).at(-1)).toBe('checkpoint_saved');
  });

  describe('is given its input', () => {
    it('as the output of the step before, where it has none of its own, and the input of the workflow, where there is no step before', async () => {
      const seen: unknown[] = [];
      const note = ({ input }: AgentContext) => { seen.push(input); return 'out'; };
      const log = await engine.run([step(note), { ...step(note), name: 'b' }], 'in');
      expect(seen).toEqual(['in', 'out']);
      expect(only(log, 'step_started', 'b').data).toEqual({});
    });

    it('by templates, and by a function', async () => {
      const log = await engine.run([
        step('echo', { input: { about: '{{input.topic}}', all: '{{input}}' } }),
        { ...step('echo'), name: 'b', input: ({ results, previous, input }) => ({ results, previous, input, at: new Date(0) }) },
      ], { topic: 'tides' });
      const first = { about: 'tides', all: { topic: 'tides' } };
      expect(only(log, 'step_started', 'a').data.input).toEqual(first);
      expect(only(log, 'step_completed', 'b').data.output).toEqual({ results: { a: first }, previous: first, input: { topic: 'tides' }, at: '1970-01-01T00:00:00.000Z' });
    });

    it('as a copy of its own: what it does to it reaches no one else', async () => {
      const spoil = ({ input }: AgentContext<{ list: number[] }>) => { input.list.push(9); return null; };
      const log = await engine.run([step(spoil), { ...step('echo'), name: 'b', input: '{{input}}' }], { list: [1] });
      expect(only(log, 'step_completed', 'b').data.output).toEqual({ list: [1] });
    });

    it.each<[string, AgentStep['input'], string]>([
      ['leads nowhere', '{{input.missing}}', 'expression_failed'],
      ['throws', () => { throw new Error('no'); }, 'agent_failed'],
      ['is a promise, of which JSON would make an empty object', async () => ({ n: 1 }), 'expression_failed'],
    ])('and fails where it %s; it has started all the same', async (_what, input, code) => {
      const called = jest.fn(() => 1);
      const log = await engine.run(step(called, { input }));
      expect(outline(log)).toEqual(['workflow_started', 'step_started a', 'step_failed a', 'workflow_failed']);
      expect(only(log, 'step_failed').data.error.code).toBe(code);
      expect(called).not.toHaveBeenCalled();
    });
  });
});
