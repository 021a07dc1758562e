import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { from, lastValueFrom, of as observableOf, throwError, timer, toArray } from 'rxjs';
import { concatMap, map } from 'rxjs/operators';
import { type AgentContext, type AgentFunction, type AgentResult } from '../../src/orchestration/agent.js';
import { Agent } from '../../src/orchestration/decorators.js';
import { agent, conditional, iteration, parallel, retry, sequential, workflow } from '../../src/orchestration/definition/builder.js';
import { TestApp } from '../support/app.js';
import { assertWhole, of, textOf } from '../support/assert-whole.js';

const alice = { user: 'alice' };

@Agent({ name: 'shout', description: 'In capitals' })
class Shout {
  execute({ input }: AgentContext<{ text: string }>): string {
    return input.text.toUpperCase();
  }
}

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start({ providers: [Shout] });
});
afterAll(() => app.close());

const logOf = (id: string) => lastValueFrom(app.executions.stream(id).pipe(toArray()));
/** Runs one agent, written as a function. */
const run = async (agentFunction: AgentFunction) => {
  const handle = await app.executions.executeStreaming(agent('a', agentFunction), null, alice);
  await handle.result().catch(() => undefined);
  const events = await logOf(handle.id);
  assertWhole(events);
  return { events, end: events.at(-1), pieces: of(events, 'step_output').map(({ data }) => data.delta) };
};

describe('ExecutionService.executeStreaming', () => {
  it('runs a tree of functions, and streams it to the program and over HTTP alike', async () => {
    const handle = await app.executions.executeStreaming(() => sequential('greet',
      agent('name', () => 'Ann'),
      parallel('both', agent<string>('hello', ({ input }) => `Hello ${input}`), agent('shout', { input: ({ previous }) => ({ text: previous }) })),
      conditional('long', { when: ({ results }) => Object.keys(results['both'] as object).length === 2, then: agent('yes', ({ results }) => results['both']), else: agent('no', () => 'no') }),
      iteration('count', { maxIterations: 9, until: ({ results }) => results['plus'] === 3 }, agent('plus', ({ input, iteration: n }) => (typeof input === 'number' ? input + 1 : n))),
      retry('r', { maxAttempts: 2, backoff: { delayMs: 1 } }, agent('flaky2', ({ attempt, input }) => {
        if (attempt === 1) throw new Error('once');
        return { input, attempt };
      })),
    ), { any: 'input' }, alice);
    const events = await lastValueFrom(handle.events$.pipe(toArray()));
    assertWhole(events);
    expect(events[0]).toMatchObject({ type: 'workflow_started', workflow: 'greet', data: { input: { any: 'input' } } });
    expect(of(events, 'step_completed', 'both')[0]?.data.output).toEqual({ hello: 'Hello Ann', shout: 'ANN' });
    expect(await handle.result()).toEqual({ input: 3, attempt: 2 });
    expect(await app.alice.follow(handle.id)).toEqual(events);
    expect((await app.bob.get(`/executions/${handle.id}`)).status).toBe(404);
  });

  it('takes a name, a definition, a step or a function that gives one', async () => {
    await app.alice.post('/workflows', workflow('stored', agent('e', 'echo', { input: 1 })));
    for (const source of ['stored', workflow('w', agent('e', 'echo', { input: 1 })), agent('e', 'echo', { input: 1 }), async () => workflow('w', agent('e', () => 1))]) {
      expect(await (await app.executions.executeStreaming(source, null, alice)).result()).toBe(1);
    }
  });

  it('is cancelled, fails and refuses as over HTTP', async () => {
    const handle = await app.executions.executeStreaming(agent('g', 'gate'), null, alice);
    await app.stage.gate(handle.id, 'g').arrived;
    await handle.cancel('enough');
    expect((await logOf(handle.id)).at(-1)).toMatchObject({ type: 'workflow_cancelled', data: { reason: 'enough' } });
    await expect(handle.result()).rejects.toMatchObject({ code: 'conflict' });
    const failing = await app.executions.executeStreaming(agent('f', () => {
      throw Object.assign(new Error('out of paper'), { code: 'E_PAPER' });
    }), null, alice);
    await expect(failing.result()).rejects.toMatchObject({ code: 'agent_failed', message: 'out of paper' });
    expect((await app.alice.status(failing.id)).error).toEqual({ code: 'agent_failed', message: 'out of paper', stepId: 'f', cause: 'E_PAPER' });
    await expect(app.executions.executeStreaming(agent('x', 'nobody'), null, alice)).rejects.toMatchObject({ code: 'invalid_definition' });
    await expect(app.executions.executeStreaming('nothing', null, alice)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('cannot be built again after a restart, and says so; without functions it goes on', async () => {
    const [ephemeral, data] = [await app.executions.executeStreaming(sequential('s', agent('g', 'gate'), agent('x', () => 1)), null, alice), await app.executions.executeStreaming(agent('g', 'gate'), null, alice)];
    for (const { id } of [ephemeral, data]) await app.stage.gate(id, 'g').arrived;
    app = await app.restart();
    app.stage.gate(data.id, 'g', 2).open('went on');
    const events = await app.alice.follow(ephemeral.id);
    assertWhole(events);
    expect(events.at(-1)).toMatchObject({ type: 'workflow_failed', data: { error: { code: 'workflow_not_found' } } });
    // A reader that folds nothing is left with no step that seems to run.
    expect(events.at(-2)).toMatchObject({ type: 'step_cancelled', step: { id: 'g' }, data: { reason: 'given_up' } });
    expect((await app.alice.follow(data.id)).at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: 'went on' } });
  });
});

describe('what an agent may give', () => {
  const forms: [string, (ctx: AgentContext) => AgentResult, unknown, unknown[]][] = [
    ['a value', () => ({ a: 1 }), { a: 1 }, []],
    ['nothing', () => undefined, null, []],
    ['a promise', async () => ['p'], ['p'], []],
    ['text, and nothing as its output', (ctx) => { ctx.text('some '); ctx.text('text'); }, 'some text', ['some ', 'text']],
    ['a generator of text', function* () { yield 'a'; yield 'b'; }, 'ab', ['a', 'b']],
    ['a generator of values', function* () { yield { n: 1 }; yield { n: 2 }; }, { n: 2 }, [{ n: 1 }, { n: 2 }]],
    ['a generator that returns', function* () { yield 'a'; return 7; }, 7, ['a']],
    ['an async generator', async function* () { yield 'a'; await sleep(1); yield 'b'; }, 'ab', ['a', 'b']],
    ['an async iterable', () => ({ async *[Symbol.asyncIterator]() { yield 'x'; yield 'y'; } }), 'xy', ['x', 'y']],
    ['a promise of an async iterable', async () => ({ async *[Symbol.asyncIterator]() { yield 'x'; } }), 'x', ['x']],
    ['a web stream', () => new Blob(['x']).stream().pipeThrough(new TextDecoderStream()), 'x', ['x']],
    ['an Observable of text', () => from(['a', 'b']).pipe(concatMap((text) => timer(1).pipe(map(() => text)))), 'ab', ['a', 'b']],
    ['an Observable of values', () => observableOf(1, 2, 3), 3, [1, 2, 3]],
    ['an Observable of nothing', () => from([]), null, []],
    ['an array, which is a value', () => ['a', 'b'], ['a', 'b'], []],
    ['a Date, as JSON has it', () => new Date(0), '1970-01-01T00:00:00.000Z', []],
  ];

  it.each(forms)('%s', async (_form, agentFunction, output, pieces) => {
    const given = await run(agentFunction);
    expect(given.end).toMatchObject({ type: 'workflow_completed', data: { result: output } });
    expect(given.pieces).toEqual(pieces);
    if (typeof output === 'string' && pieces.length) expect(textOf(given.events, 'a')).toBe(output);
  });

  const failures: [string, AgentFunction, string, RegExp][] = [
    ['an error', () => { throw new Error('no'); }, 'agent_failed', /^no$/],
    ['a rejection', () => Promise.reject(new Error('no')), 'agent_failed', /^no$/],
    ['an Observable that errors', () => throwError(() => new Error('no')), 'agent_failed', /^no$/],
    ['a generator that throws after some text', function* () { yield 'some'; throw new Error('no'); }, 'agent_failed', /^no$/],
    ['something thrown that is no error', () => throwError(() => 'a text'), 'agent_failed', /^a text$/],
    ['a BigInt', () => ({ n: 1n }), 'output_not_json', /BigInt/],
    ['a function', () => ({ f: () => 1 }), 'output_not_json', /function/],
    ['a circle', () => { const a: Record<string, unknown> = {}; a['a'] = a; return a; }, 'output_not_json', /circle/],
  ];
  it.each(failures)('%s fails its step with a code', async (_form, agentFunction, code, message) => {
    const { events, end } = await run(agentFunction);
    expect(end).toMatchObject({ type: 'workflow_failed', data: { error: { code, message: expect.stringMatching(message), stepId: 'a' } } });
    expect(of(events, 'step_failed')).toHaveLength(1);
  });

  it('cannot be changed by a step after it', async () => {
    const handle = await app.executions.executeStreaming(() => sequential('s',
      agent('first', () => ({ list: [1] })),
      agent<{ list: number[] }>('second', ({ input }) => { input.list.push(2); return null; }),
      agent('third', ({ results }) => results['first'])), null, alice);
    expect(await handle.result()).toEqual({ list: [1] });
  });

  it('comes with what it needs to know of its place', async () => {
    const handle = await app.executions.executeStreaming(() => sequential('s', iteration('i', { maxIterations: 1 }, agent('a', (ctx) => {
      const { user, executionId, workflow: name, sessionId, stepId, attempt, iteration: round, idempotencyKey, input } = ctx;
      return { user, executionId, name, sessionId, stepId, attempt, round, idempotencyKey, input };
    }))), { x: 1 }, { ...alice, sessionId: 'talk' });
    expect(await handle.result()).toEqual({
      user: 'alice', executionId: handle.id, name: 's', sessionId: 'talk', stepId: 'i[1]/a', attempt: 1, round: 1, idempotencyKey: `${handle.id}/i[1]/a`, input: { x: 1 },
    });
  });
});
