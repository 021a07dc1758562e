import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Engine, only, outline, turns } from '../../../test/support/engine.js';
import { type ExecutionEvent } from '../../contract/events.js';
import { type JsonValue } from '../../contract/json.js';
import { agent, retry } from '../definition/builder.js';
import { DelayAgent } from './delay.agent.js';
import { EchoAgent } from './echo.agent.js';
import { FlakyAgent } from './flaky.agent.js';
import { TokensAgent } from './tokens.agent.js';

describe('the agents that every installation has', () => {
  let engine: Engine;
  beforeEach(async () => {
    engine = new Engine();
    for (const [name, handler] of Object.entries({ again: new EchoAgent(), delay: new DelayAgent(), flaky: new FlakyAgent(), tokens: new TokensAgent() })) engine.agents.register({ name, handler });
    await engine.open();
  });
  afterEach(() => engine.close());

  const run = (name: string, input: JsonValue) => engine.run(agent('a', name), input);
  const pieces = (log: readonly ExecutionEvent[]) => log.flatMap((event) => (event.type === 'step_output' ? [event.data.delta as string] : []));
  const output = (log: readonly ExecutionEvent[]) => only(log, 'step_completed').data.output;
  const refusal = (log: readonly ExecutionEvent[]) => only(log, 'step_failed').data.error;

  it.each<JsonValue>([null, 0, 'x', [1], { deep: [{ n: null }] }])('echo returns its input: %j', async (input) => {
    expect(output(await run('again', input))).toEqual(input);
  });

  describe('delay', () => {
    it('waits in silence, then returns its input', async () => {
      const log = await run('delay', { ms: 1, more: 'x' });
      expect(outline(log)).toEqual(['workflow_started', 'step_started a', 'step_completed a', 'workflow_completed']);
      expect(output(log)).toEqual({ ms: 1, more: 'x' });
    });

    it('stops waiting when it is cancelled', async () => {
      const id = await engine.start(agent('a', 'delay'), { ms: 86_400_000 });
      await turns();
      await engine.executions.cancel(id);
      expect((await engine.log(id)).at(-1)?.type).toBe('workflow_cancelled');
    });

    it.each<JsonValue>([{}, { ms: -1 }, { ms: 1.5 }, { ms: '5' }, { ms: 86_400_001 }, { ms: null }])('refuses %j, and says what it takes', async (input) => {
      expect(refusal(await run('delay', input))).toMatchObject({ code: 'invalid_input', message: expect.stringMatching(/^agent "delay" takes ms as a whole number from 0 to 86400000, but was given /) });
    });

    it.each<[JsonValue, string]>([[null, 'nothing'], [[1], '[1]'], ['x', '"x"']])('refuses %j: it takes an object', async (input, given) => {
      expect(refusal(await run('delay', input)).message).toBe(`agent "delay" takes an object as its input, but was given ${given}`);
    });
  });

  describe('flaky', () => {
    it('fails as many attempts of its step as it is told, then returns its input', async () => {
      const log = await engine.run(retry('R', { maxAttempts: 3, backoff: { delayMs: 0 } }, agent('a', 'flaky')), { failures: 2 });
      expect(log.flatMap((event) => (event.type === 'step_retrying' ? [event.data.error.message] : []))).toEqual(['attempt 1 fails, as 2 shall', 'attempt 2 fails, as 2 shall']);
      expect(only(log, 'workflow_completed').data.result).toEqual({ failures: 2 });
    });

    it('does not fail where it shall not, and refuses what is no number', async () => {
      expect(output(await run('flaky', { failures: 0 }))).toEqual({ failures: 0 });
      expect(refusal(await run('flaky', {})).code).toBe('invalid_input');
    });
  });

  describe('tokens', () => {
    it.each<[JsonValue, string[]]>([
      [{ text: 'Hello from  here.\n' }, ['Hello', ' from', '  here.\n']],
      [{ text: '  ' }, ['  ']],
      [{ text: '' }, []],
      [{ count: 3 }, ['token1', ' token2', ' token3']],
      [{ count: 0 }, []],
      [{ text: 'abcdef', count: 3 }, ['ab', 'cd', 'ef']],
      [{ text: 'abcde', count: 2, intervalMs: 1 }, ['ab', 'cde']],
      [{ text: 'ab', count: 9 }, ['a', 'b']],
      [{ text: '😀😀', count: 2 }, ['😀', '😀']],
    ])('%j streams %j, and its output is the text', async (input, expected) => {
      const log = await run('tokens', input);
      expect(pieces(log)).toEqual(expected);
      expect(output(log)).toBe(expected.join(''));
    });

    it('streams any text whole, in as many pieces as are asked for', async () => {
      await fc.assert(fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 40 }), fc.option(fc.integer({ min: 1, max: 50 }), { nil: undefined }), async (text, count) => {
        const log = await run('tokens', count === undefined ? { text } : { text, count });
        expect(pieces(log).join('')).toBe(text);
        expect(output(log)).toBe(text);
        if (count !== undefined) expect(pieces(log)).toHaveLength(Math.min([...text].length, count));
      }), { numRuns: 50 });
    });

    it('takes no longer for a text that is one word, or all spaces', async () => {
      for (const text of ['x'.repeat(300_000), ' '.repeat(300_000), `a${' '.repeat(300_000)}b`]) expect(output(await run('tokens', { text }))).toBe(text);
    });

    it('stops between two pieces when it is cancelled', async () => {
      const id = await engine.start(agent('a', 'tokens'), { count: 1000, intervalMs: 86_400_000 });
      await engine.told(id, 'step_output');
      await engine.executions.cancel(id);
      expect(pieces(await engine.log(id))).toEqual(['token1']);
    });

    it.each<JsonValue>([{ text: 1 }, {}, { count: -1 }, { count: 1_000_001 }, { text: 'x', intervalMs: 'soon' }, 'text'])('refuses %j', async (input) => {
      expect(refusal(await run('tokens', input)).code).toBe('invalid_input');
    });
  });

  describe('refuse to start what they could never run', () => {
    const start = async (name: string, input: JsonValue) => engine.start([agent('first', 'echo'), agent('a', name, { input })], { n: 1 });

    it.each<[string, JsonValue, string, string]>([
      ['delay', { ms: 86_400_001 }, '/ms', 'must be a whole number from 0 to 86400000'],
      ['delay', { ms: '5' }, '/ms', 'must be a whole number from 0 to 86400000'],
      ['delay', {}, '/ms', 'is missing'],
      ['delay', null, '', 'must be an object'],
      ['tokens', {}, '/count', 'is missing'],
      ['tokens', { text: 1 }, '/text', 'must be a string'],
      ['tokens', { text: 'x', count: 1_000_001 }, '/count', 'must be a whole number from 0 to 1000000'],
      ['tokens', { count: 1, intervalMs: 86_400_001 }, '/intervalMs', 'must be a whole number from 0 to 86400000'],
      ['flaky', { failures: -1 }, '/failures', `must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`],
    ])('%s %j', async (name, input, path, message) => {
      await expect(start(name, input)).rejects.toMatchObject({ code: 'invalid_definition', faults: [{ path: `/workflow/steps/1/input${path}`, message }] });
    });

    it.each<[string, JsonValue]>([['delay', '{{input}}'], ['delay', { ms: '{{input.n}}' }], ['tokens', { text: '{{input.n}} x', count: '{{input.n}}' }], ['flaky', { failures: 0 }], ['tokens', { text: '' }]])('but not what is not known yet, nor what is right: %s %j', async (name, input) => {
      expect(await start(name, input)).toEqual(expect.any(String));
    });
  });
});
