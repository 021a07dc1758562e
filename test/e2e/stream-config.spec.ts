import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type StreamConfig } from '../../src/contract/definition.js';
import { agent, input, iteration, retry, workflow } from '../../src/orchestration/definition/builder.js';
import { TestApp } from '../support/app.js';
import { assertWhole, of, textOf } from '../support/assert-whole.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
  app.stage.write('talk', (ctx) => {
    ctx.log('starting', 'debug', 'start');
    ctx.progress(0.5, 'half');
    ctx.text('one ');
    ctx.text('two ');
    ctx.log('between', 'warn');
    ctx.text('three');
    ctx.data({ n: 1 });
    ctx.text(' four');
  });
});
afterAll(() => app.close());

const talk = agent('t', 'play', { input: { part: 'talk' } });
const run = async (streaming: StreamConfig, ...steps: Parameters<typeof workflow>[1][]) => {
  const events = await app.alice.follow(await app.alice.start({ ...workflow('talk', ...((steps.length ? steps : [talk]) as [typeof talk])), streaming }));
  assertWhole(events);
  return { events, types: new Set(events.map(({ type }) => type)), result: of(events, 'workflow_completed')[0]?.data.result };
};
const WHOLE = 'one two three four';

describe('streaming', () => {
  it('tells everything by default', async () => {
    const { events, result } = await run({});
    expect(of(events, 'message').map(({ data }) => data)).toEqual([{ level: 'debug', code: 'start', text: 'starting' }, { level: 'warn', text: 'between' }]);
    expect(of(events, 'step_progress').map(({ data }) => data)).toEqual([{ progress: 0.5, state: 'half' }]);
    expect(of(events, 'step_output').map(({ data }) => data.delta)).toEqual(['one ', 'two ', 'three', { n: 1 }, ' four']);
    expect(result).toBe(WHOLE);
  });

  it('with enabled=false tells the life of the steps alone, and the same result', async () => {
    const { types, result } = await run({ enabled: false });
    expect([...types].toSorted()).toEqual(['step_completed', 'step_started', 'workflow_completed', 'workflow_started']);
    expect(result).toBe(WHOLE);
  });

  it('with enabled=false still tells what readers have to act on', async () => {
    const { types } = await run({ enabled: false }, retry('r', { maxAttempts: 2, backoff: { delayMs: 1 } }, agent('f', 'flaky', { input: { failures: 1 } })), iteration('i', { maxIterations: 1 }, agent('e', 'echo')));
    expect([...types]).toEqual(expect.arrayContaining(['step_retrying', 'iteration_started', 'iteration_completed']));
    const id = await app.alice.start({ ...workflow('asks', input('ask')), streaming: { enabled: false } });
    await (await app.alice.openExecution(id)).untilEvent('input_required');
    await app.alice.post(`/executions/${id}/input`, { value: 1 });
    expect((await app.alice.follow(id)).at(-1)?.type).toBe('workflow_completed');
  });

  it('with emitProgress=false leaves out step_progress, with emitLogs=false the log lines', async () => {
    const quiet = await run({ emitProgress: false });
    expect([quiet.types.has('step_progress'), quiet.types.has('message')]).toEqual([false, true]);
    const bare = await run({ emitLogs: false });
    expect([bare.types.has('step_progress'), bare.types.has('message')]).toEqual([true, false]);
    expect([quiet.result, bare.result]).toEqual([WHOLE, WHOLE]);
  });

  it('with flushIntervalMs puts text together, in the order the agent made it', async () => {
    const { events, result } = await run({ flushIntervalMs: 60_000 });
    expect(events.flatMap(({ type, data }) => (type === 'step_output' || type === 'message' || type === 'step_progress' ? [data] : []))).toEqual([
      { level: 'debug', code: 'start', text: 'starting' }, { progress: 0.5, state: 'half' }, { delta: 'one two ', kind: 'text', offset: 0 },
      { level: 'warn', text: 'between' }, { delta: 'three', kind: 'text', offset: 8 }, { delta: { n: 1 }, kind: 'data', offset: 0 }, { delta: ' four', kind: 'text', offset: 13 },
    ]);
    expect([textOf(events, 't'), result]).toEqual([WHOLE, WHOLE]);
  });

  it('with flushIntervalMs does not keep text back for longer', async () => {
    const id = await app.alice.start({ ...workflow('slow', agent('t', 'tokens', { input: { count: 2, intervalMs: 3_600_000 } })), streaming: { flushIntervalMs: 20 } });
    const reader = await app.alice.openExecution(id);
    expect((await reader.untilEvent('step_output')).data.delta).toBe('token1');
    await app.alice.post(`/executions/${id}/cancel`);
    await reader.whenEnded();
    assertWhole(reader.events);
  });

  it('with a bufferSize of one event loses nothing for readers that fall behind', async () => {
    const id = await app.alice.start({ ...workflow('small', agent('g', 'gate'), agent('t', 'tokens', { input: { count: 5000 } })), streaming: { bufferSize: 1 } });
    const readers = await Promise.all(Array.from({ length: 5 }, () => app.alice.openExecution(id)));
    readers[0]?.pause();
    app.stage.gate(id, 'g').open();
    await readers[1]?.whenEnded();
    readers[0]?.resume();
    for (const reader of readers) {
      await reader.whenEnded();
      assertWhole(reader.events);
    }
  });

  it.each([[{ bufferSize: 0 }, 'bufferSize'], [{ flushIntervalMs: -1 }, 'flushIntervalMs'], [{ enabled: 'yes' }, 'enabled'], [{ more: 1 }, '']])('of %j is 400', async (streaming, path) => {
    expect(await app.alice.post('/executions', { workflow: { ...workflow('bad', agent('e', 'echo')), streaming } })).toMatchObject({
      status: 400, json: { code: 'invalid_definition', errors: [{ path: expect.stringMatching(new RegExp(`^/workflow/streaming/?${path}`)) }] },
    });
  });
});
