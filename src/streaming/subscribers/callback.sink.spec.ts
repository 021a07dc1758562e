import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '../../../test/support/patience.js';
import { Watched } from '../../../test/support/subscribers.js';
import { type ExecutionEvent } from '../../contract/events.js';
import { recorded } from '../../journal/conformance/fixture.conformance.js';
import { CallbackSink, type CallbackSinkOptions } from './callback.sink.js';

let watched: Watched;
let passed: number[];
beforeEach(() => {
  watched = new Watched();
  passed = [];
});

/** Gives so many events to a subscriber, an item each. */
function give(count: number, call: (event: ExecutionEvent) => unknown, options: Partial<CallbackSinkOptions> = {}): Promise<void> {
  const sink = new CallbackSink({ call, durable: false, watch: watched.watch, random: () => 0, ...options });
  const items = Array.from({ length: count }, (_, i) => ({ executionId: 'e', events: [recorded('e', i + 1, 'message')], position: i + 1 }));
  return sink.take(items, (index) => void passed.push(index), new AbortController().signal);
}

describe('a callback', () => {
  it.each([
    ['nothing', undefined], ['a text', 'no'], ['a symbol', Symbol('no')], ['an object without any text', Object.create(null) as object],
    ['an error whose message is none', Object.assign(new Error(), { message: { code: 7 }, stack: 7, name: Symbol('x') })],
    ['an error that cannot be read', Object.defineProperty(new Error(), 'message', { value: Object.create(null) as object })],
  ])('that throws %s is counted and passed by', async (_what, anything) => {
    const thrown = anything as Error;
    let calls = 0;
    await give(3, () => {
      if (calls++ % 2 === 0) throw thrown;
      return Promise.reject(thrown);
    });
    expect([calls, passed, await watched.count('errors_total'), await watched.count('events_total')]).toEqual([3, [0, 1, 2], 3, 3]);
    expect(watched.told).toEqual([expect.stringContaining('the subscriber it fails: ')]);
  });

  it('that does not come back from an event is told of once, with the event', async () => {
    const held = Promise.withResolvers<void>();
    const taking = give(3, () => held.promise, { slowMs: 1 });
    await eventually(() => watched.told.length > 0, 'the word of it');
    held.resolve();
    await taking;
    expect(passed).toEqual([0, 1, 2]);
    expect(watched.told).toEqual([expect.stringMatching(/^the subscriber it has been busy with message \(e\/1\) for 0 s .*stepcast_subscriber_lag/)]);
    expect(await watched.count('errors_total')).toBe(0);
  });

  it('that comes back is never said to be busy, whether it threw or not', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'performance'] });
    try {
      await give(3, ({ seq }) => { if (seq === 2) throw new Error('no'); });
      expect([passed, jest.getTimerCount()]).toEqual([[0, 1, 2], 0]);
    } finally {
      jest.useRealTimers();
    }
  });
});
