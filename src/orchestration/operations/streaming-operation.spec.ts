import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Engine } from '../../../test/support/engine.js';
import { type ExecutionEvent } from '../../contract/events.js';
import { type OperationProgress, type StreamingOperation } from './streaming-operation.js';

const progressOf = (log: readonly ExecutionEvent[]) => log.flatMap((event) => (event.type === 'step_progress' ? [event.data.progress] : []));

class Counting implements StreamingOperation<{ counted: number }> {
  constructor(readonly operationName: string, private readonly upTo: number) {}

  async execute(progress: OperationProgress) {
    for (let i = 1; i <= this.upTo; i++) progress(i / this.upTo, 'counting', { i });
    return { counted: this.upTo };
  }
}

describe('a streaming operation', () => {
  let engine: Engine;
  beforeEach(async () => void (engine = await new Engine().open()));
  afterEach(() => engine.close());

  it('is an execution: its progress, what it says and its result are events, and its status is folded from them', async () => {
    const run = await engine.executions.streamOperation({
      operationName: 're-index',
      async execute(progress) {
        progress(0.5, 'half', { files: 3 });
        progress.text('so far ');
        progress.data({ n: 1 });
        progress.log('careful', 'warn');
        return [1, 2];
      },
    }, { user: 'ann', sessionId: 's' });
    const result: number[] = await run.result();
    expect(result).toEqual([1, 2]);
    const log = await engine.log(run.id);
    expect(log.map(({ type }) => type)).toEqual([
      'workflow_started', 'step_started', 'step_progress', 'step_output', 'step_output', 'message', 'step_completed', 'workflow_completed',
    ]);
    expect(log[2]).toMatchObject({ workflow: 're-index', sessionId: 's', step: { id: 're_index' }, data: { progress: 0.5, state: 'half', metadata: { files: 3 } } });
    expect(await engine.status(run.id)).toMatchObject({ status: 'completed', result: [1, 2], progress: 1 });
    expect(await engine.executions.get(run.id)).toMatchObject({ user: 'ann' });
  });

  it('sees its signal abort when it is cancelled', async () => {
    const reasons: unknown[] = [];
    const run = await engine.executions.streamOperation({
      operationName: 'endless',
      execute: (progress, signal) => new Promise((_, reject) => {
        signal.addEventListener('abort', () => (reasons.push(signal.reason), reject(new Error('stopped'))));
        progress(0.1);
      }),
    });
    await engine.told(run.id, 'step_progress');
    await run.cancel('enough');
    expect(reasons).toHaveLength(1);
    expect((await engine.log(run.id)).at(-1)?.type).toBe('workflow_cancelled');
  });

  it('tells progress by a function of the app, from what the operation tells and the time it took', async () => {
    const asked: [number, boolean][] = [];
    const before = performance.now();
    const run = await engine.executions.streamOperation(new Counting('count', 4), {
      progressOf: (told, elapsedMs) => (asked.push([told, elapsedMs >= 0 && elapsedMs <= performance.now() - before]), told ** 2),
    });
    await run.result();
    expect(asked).toEqual([[0.25, true], [0.5, true], [0.75, true], [1, true]]);
    expect(progressOf(await engine.log(run.id))).toEqual([0.0625, 0.25, 0.5625, 1]);
  });

  it('fails when its time is over, and sees its signal abort', async () => {
    let aborted = false;
    const endless: StreamingOperation<never> = {
      operationName: 'endless',
      execute: (_progress, signal) => new Promise((_, reject) => signal.addEventListener('abort', () => ((aborted = true), reject(new Error('stopped'))))),
    };
    const run = await engine.executions.streamOperation(endless, { timeoutMs: 1 });
    await expect(run.result()).rejects.toMatchObject({ code: 'step_timeout' });
    expect(aborted).toBe(true);
  });

  it('may have a name that begins with a digit, which no step can have', async () => {
    const run = await engine.executions.streamOperation(new Counting('9-lives', 1));
    expect(await run.result()).toEqual({ counted: 1 });
    expect((await engine.log(run.id))[1]).toMatchObject({ workflow: '9-lives', step: { id: '_9_lives' } });
  });

  it('of a name that no workflow can have is refused', async () => {
    await expect(engine.executions.streamOperation(new Counting('two words', 1))).rejects.toMatchObject({ code: 'invalid_definition' });
  });
});

describe('a batch of operations', () => {
  let engine: Engine;
  beforeEach(async () => void (engine = await new Engine().open()));
  afterEach(() => engine.close());

  it('is one execution with one progress over all of them, and a result by name', async () => {
    const run = await engine.executions.streamOperations([new Counting('import', 2), new Counting('import', 4), new Counting('nine-lives', 1)], { name: 'night', concurrency: 1 });
    expect(await run.result()).toEqual({ import: { counted: 2 }, import_2: { counted: 4 }, nine_lives: { counted: 1 } });
    const log = await engine.log(run.id);
    expect(log[0]?.workflow).toBe('night');
    const progress = log.map((event) => event.progress);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    // Halfway through the first of three.
    expect(log.find(({ type }) => type === 'step_progress')?.progress).toBeCloseTo(1 / 6, 3);
  });

  it('runs as many at once as it is told to, and else all of them', async () => {
    const lives = async (concurrency?: number) => {
      const run = await engine.executions.streamOperations([new Counting('a', 1), new Counting('b', 1)], concurrency === undefined ? {} : { concurrency });
      await run.result();
      return (await engine.log(run.id)).flatMap(({ type, step }) => (/^step_(started|completed)$/.test(type) && step?.type === 'agent' ? `${type} ${step.name}` : []));
    };
    expect(await lives(1)).toEqual(['step_started a', 'step_completed a', 'step_started b', 'step_completed b']);
    expect((await lives()).slice(0, 2)).toEqual(['step_started a', 'step_started b']);
  });

  it('gives results by the names of operations, whatever these are', async () => {
    const run = await engine.executions.streamOperations([new Counting('all', 1), new Counting('all', 2), new Counting('all_2', 3)]);
    expect(await run.result()).toEqual({ all: { counted: 1 }, all_2: { counted: 2 }, all_2_2: { counted: 3 } });
    expect((await engine.log(run.id))[0]?.workflow).toBe('batch');
    const progress = (await engine.log(run.id)).map((event) => event.progress);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
  });

  it('fails with a word of what cannot be told as JSON', async () => {
    const untellable = { operationName: 'big', execute: async (progress: OperationProgress) => progress(0.5, 'half', { n: 10n } as never) };
    const run = await engine.executions.streamOperation(untellable);
    await expect(run.result()).rejects.toMatchObject({ code: 'output_not_json', message: expect.stringMatching(/^the metadata of a progress: \/n is a BigInt/) });
  });

  it('goes on without those that fail where that is asked for', async () => {
    const failing: StreamingOperation<never> = { operationName: 'bad', execute: () => Promise.reject(new Error('no disk')) };
    const run = await engine.executions.streamOperations([failing, new Counting('good', 1)], { onError: 'continue' });
    expect(await run.result()).toEqual({ good: { counted: 1 } });
    const stopped = await engine.executions.streamOperations([failing, new Counting('good', 1)]);
    await expect(stopped.result()).rejects.toMatchObject({ code: 'agent_failed', message: 'no disk' });
  });
});
