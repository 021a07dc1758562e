import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Engine } from '../../../test/support/engine.js';
import { type ExecutionEvent } from '../../contract/events.js';
import { type JsonValue } from '../../contract/json.js';
import { type AgentFunction } from '../../orchestration/agent.js';
import { agent } from '../../orchestration/definition/builder.js';
import { type ToolContext } from './tool.js';
import { ToolRegistry } from './tool.registry.js';
import { ToolRunner } from './tool.runner.js';

/** Several calls in one step, as a model makes them. */
describe('the runner of tools', () => {
  let engine: Engine;
  let tools: ToolRegistry;
  let runner: ToolRunner;
  beforeEach(async () => {
    engine = new Engine();
    tools = new ToolRegistry();
    runner = new ToolRunner(tools);
    await engine.open();
  });
  afterEach(() => engine.close());

  const register = (name: string, execute: (input: JsonValue, context: ToolContext) => unknown, timeoutMs = 60_000) =>
    tools.register({ name, description: name, schema: { type: 'object' }, timeoutMs, check: () => [], handler: { execute } });
  const run = (execute: AgentFunction) => engine.run(agent('a', execute));
  const told = (log: readonly ExecutionEvent[]) => log.flatMap((event) => {
    if (event.type === 'step_progress') return [`${event.data.progress} ${event.data.state}`];
    if (event.type === 'message') return [event.data.text];
    if (event.type === 'tool_call') return [`call ${event.data.callId}`];
    return event.type === 'tool_result' ? [`result ${event.data.callId}`] : [];
  });

  it('tells of calls that run side by side by their ids, each within its part of the step', async () => {
    const [a, b] = [Promise.withResolvers(), Promise.withResolvers()];
    register('wait', async (input, { progress }) => {
      progress(0.5);
      return (input as { n: number }).n === 1 ? a.promise : b.promise;
    });
    const log = await run(async (ctx) => {
      const calls = [1, 2].map((n) => runner.run('wait', { n }, ctx, { callId: `c${n}`, within: { from: 0.2, to: 0.6 } }));
      b.resolve('second');
      await calls[1];
      a.resolve('first');
      return Promise.all(calls);
    });
    expect(log.at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: ['first', 'second'] } });
    expect(told(log)).toEqual([
      'call c1', 'call c2', '0.2 executing_wait', '0.4 executing_wait', '0.2 executing_wait', '0.4 executing_wait', 'result c2', '0.6 completed_wait', 'result c1', '0.6 completed_wait',
    ]);
  });

  it('gives a tool a copy of its input, which the log and other steps keep as it was', async () => {
    register('greedy', (input) => Object.assign(input as object, { n: 'changed' }));
    const given = { n: 1 };
    const log = await run((ctx) => runner.run('greedy', given, ctx, { callId: 'c' }));
    expect(log.at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: { n: 'changed' } } });
    expect(given).toEqual({ n: 1 });
  });

  it('hears nothing more of a tool that it has let go of, though the step goes on', async () => {
    const contexts: ToolContext[] = [];
    register('slow', (_input, context) => {
      contexts.push(context);
      return new Promise(() => undefined);
    }, 5);
    register('quick', (_input, context) => {
      contexts[0]?.progress(0.9, 'too late');
      contexts[0]?.log('too late');
      context.log('in time');
      return 1;
    });
    const log = await run(async (ctx) => {
      await runner.run('slow', {}, ctx, { callId: 'c1' }).catch(() => undefined);
      return runner.run('quick', {}, ctx, { callId: 'c2' });
    });
    expect(told(log)).toEqual(['call c1', '0 executing_slow', 'result c1', '0 failed_slow', 'call c2', '0 executing_quick', 'in time', 'result c2', '1 completed_quick']);
  });

  it('tells a call that is tried again after its failure the same key, and one that is meant twice another', async () => {
    const keys: string[] = [];
    register('send', (_input, { idempotencyKey }) => {
      keys.push(idempotencyKey);
      if (keys.length === 1) throw new Error('nobody knows whether it was sent');
      return null;
    });
    await run(async (ctx) => {
      for (const callId of ['c1', 'c2', 'c3']) await runner.run('send', { to: 'ann' }, ctx, { callId }).catch(() => undefined);
    });
    expect(keys).toEqual([keys[0], keys[0], `${keys[0]}/2`]);
  });

  it.each([Number.NaN, -1, 2, Infinity])('keeps the progress of a tool within its bounds, whatever it is: %p', async (fraction) => {
    register('odd', (_input, { progress }) => progress(fraction, 'odd'));
    const log = await run((ctx) => runner.run('odd', {}, ctx, { callId: 'c1', within: { from: 0.5, to: 0.75 } }));
    expect(told(log)[2]).toBe(`${fraction === 2 ? 0.75 : 0.5} odd`);
  });

  it('calls no tool that comes up when the step has been halted', async () => {
    const reached: string[] = [];
    const entered = Promise.withResolvers<void>();
    const checking = Promise.withResolvers<void>();
    const check = async () => {
      entered.resolve();
      await checking.promise;
      return [];
    };
    tools.register({ name: 'checked', description: 'Is checked for long', schema: { type: 'object' }, timeoutMs: 1000, check, handler: { execute: () => reached.push('called') } });
    let outcome: Promise<unknown> = Promise.resolve();
    const id = await engine.start(agent('a', (ctx) => (outcome = runner.run('checked', {}, ctx, { callId: 'c1' }).catch((error: unknown) => error))));
    await entered.promise;
    await engine.executions.cancel(id);
    checking.resolve();
    expect(await outcome).toMatchObject({ name: 'AbortError' });
    expect(reached).toEqual([]);
  });

  it.each<[string, () => Promise<never>, string]>([
    ['throws', () => Promise.reject(new Error('the directory is away')), 'the tool "checked" failed: the directory is away'],
    ['never ends', () => new Promise(() => undefined), 'the tool "checked" took longer than 5 ms; raise its timeoutMs, or make it faster'],
  ])('fails the call where the check of its input %s', async (_what, check, message) => {
    let calls = 0;
    tools.register({ name: 'checked', description: 'checked', schema: { type: 'object' }, timeoutMs: 5, check, handler: { execute: () => calls++ } });
    const log = await run((ctx) => runner.run('checked', {}, ctx, { callId: 'c' }));
    expect(log.at(-1)).toMatchObject({ type: 'workflow_failed', data: { error: { code: 'tool_failed', message } } });
    expect(told(log)).toEqual(['call c', 'result c', '0 failed_checked']);
    expect(calls).toBe(0);
  });
});
