import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Ajv } from 'ajv';
import { eventually, within } from '../../../../test/support/patience.js';
import { type JsonObject } from '../../../contract/json.js';
import { IDLE_MS, SpecValidator } from './spec.validator.js';

const GOOD = { mark: 'bar', data: { values: [] } };
const WRONG: JsonObject[] = [
  { mark: 'bars', data: { values: [] }, encoding: {} },
  { mark: 'bar', data: { values: [] }, encoding: { x: { field: 'a', type: 'number' } } },
  { mark: 'bar', encoding: {} },
  {},
];
const NEVER = new AbortController().signal;

/** Tells of its threads; `bad` is the code of the first one, where it is not to be the real one. */
class Watched extends SpecValidator {
  readonly threads: { worker: Worker; ended: Promise<unknown> }[] = [];

  constructor(private bad?: string) {
    super();
  }

  protected override begin(): Worker {
    const worker = this.bad === undefined ? super.begin() : new Worker(this.bad, { eval: true });
    this.bad = undefined;
    this.threads.push({ worker, ended: new Promise((resolve) => worker.once('exit', resolve)) });
    return worker;
  }

  endOf(n: number): Promise<unknown> {
    return within(this.threads[n]?.ended ?? Promise.reject(new Error(`there is no thread ${n}`)), 'the end of the thread');
  }
}

let validator: Watched;
const open = (bad?: string): Watched => (validator = new Watched(bad));
afterEach(async () => {
  jest.useRealTimers();
  jest.restoreAllMocks();
  await validator.onApplicationShutdown();
  for (const { ended } of validator.threads) await within(ended, 'the end of all threads');
});

describe('the validator of charts', () => {
  it('refuses what is no Vega-Lite, with the places', async () => {
    open();
    for (const spec of WRONG) {
      await expect(validator.assertValid(spec, NEVER)).rejects.toThrow(/^the chart is no Vega-Lite: (?:it|\/)/);
    }
    await validator.assertValid(GOOD, NEVER);
  });

  it('compiles the schema in a thread of its own, once: the one of the service stands still for no chart', async () => {
    const compile = jest.spyOn(Ajv.prototype, 'compile');
    open();
    const checks = Array.from({ length: 20 }, (_, i) => validator.assertValid(i % 2 ? GOOD : {}, NEVER));
    expect((await Promise.allSettled(checks)).map(({ status }) => status)).toEqual(checks.map((_, i) => (i % 2 ? 'fulfilled' : 'rejected')));
    await validator.assertValid(GOOD, NEVER);
    expect(validator.threads).toHaveLength(1);
    expect(compile).not.toHaveBeenCalled();
  });

  it('keeps no process alive but for a check', async () => {
    const holds = () => process.getActiveResourcesInfo().includes('MessagePort');
    open().prepare();
    expect(holds()).toBe(false);
    const checked = validator.assertValid(GOOD, NEVER);
    expect(holds()).toBe(true);
    await checked;
    expect(holds()).toBe(false);
  });

  it('ends the thread when no chart has come for a while, and begins another for the next one', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    await open().assertValid(GOOD, NEVER);
    jest.advanceTimersByTime(IDLE_MS - 1);
    await validator.assertValid(GOOD, NEVER);
    jest.advanceTimersByTime(IDLE_MS - 1);
    const checked = validator.assertValid(GOOD, NEVER);
    // However long that takes.
    jest.advanceTimersByTime(2 * IDLE_MS);
    await checked;
    expect(validator.threads).toHaveLength(1);
    jest.advanceTimersByTime(IDLE_MS);
    await validator.endOf(0);
    await validator.assertValid(GOOD, NEVER);
    expect(validator.threads).toHaveLength(2);
  });

  it.each([
    ['fails', 'throw new Error("boom")', 'boom'],
    ['fails at a check', 'require("node:worker_threads").parentPort.on("message", () => { throw new Error("boom") })', 'boom'],
    ['ends', 'process.exit(3)', 'code 3'],
  ])('survives a thread that %s: the checks in it fail, which the log explains, and the next ones have another', async (_what, code, reason) => {
    const told = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    open(code);
    const checks = await Promise.allSettled([validator.assertValid(GOOD, NEVER), validator.assertValid(GOOD, NEVER)]);
    const failed = { status: 'rejected', reason: new Error('the thread that checks charts has ended; the log of the service says why') };
    expect(checks).toEqual([failed, failed]);
    expect(told.mock.calls).toEqual([[expect.stringContaining(reason)]]);
    await validator.assertValid(GOOD, NEVER);
    await validator.endOf(0);
    await validator.assertValid(GOOD, NEVER);
    expect(validator.threads).toHaveLength(2);
  });

  it('waits no longer for a check when the step is cancelled', async () => {
    const cancel = new AbortController();
    const checked = open().assertValid(GOOD, cancel.signal);
    cancel.abort(new Error('enough'));
    await expect(checked).rejects.toThrow('enough');
    await expect(validator.assertValid(GOOD, cancel.signal)).rejects.toThrow('enough');
    await validator.assertValid(GOOD, NEVER);
    expect(validator.threads).toHaveLength(1);
  });

  it('ends with the service, in the middle of a check too, and without a word', async () => {
    const told = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const checked = open().assertValid(GOOD, NEVER);
    const refused = expect(checked).rejects.toThrow('the service is shutting down');
    await validator.onApplicationShutdown();
    await refused;
    await validator.endOf(0);
    await eventually(() => !process.getActiveResourcesInfo().includes('MessagePort'), 'the end of all threads');
    expect(told).not.toHaveBeenCalled();
  });
});
