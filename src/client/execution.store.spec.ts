/** The store that hooks stand on, with a stream and frames that the test directs. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setImmediate as turn } from 'node:timers/promises';
import { type EventType, type ExecutionEvent, type StepInfo } from '../contract/events.js';
import { RequestError } from './client.error.js';
import { ExecutionStore, type ExecutionStoreOptions, type ExecutionSnapshot, NO_SNAPSHOT } from './execution.store.js';
import { ExecutionStream, type StreamOptions } from './execution.stream.js';
import { type StepcastClient } from './stepcast.client.js';

/** One time that the store has asked for the stream. */
class Reading implements AsyncIterable<ExecutionEvent> {
  private readonly queue: (ExecutionEvent | Error | null)[] = [];
  private wake: (() => void) | undefined;
  isClosed = false;

  constructor(readonly options: StreamOptions) {
    options.signal?.addEventListener('abort', () => this.wake?.());
  }

  /** Hands on events; `null` is the end, an error a stream that cannot be had. */
  async give(...items: (ExecutionEvent | Error | null)[]): Promise<void> {
    this.queue.push(...items);
    this.wake?.();
    await turn();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ExecutionEvent, void> {
    try {
      for (;;) {
        // Unlike the real one it hands on what it holds, aborted or not.
        const item = this.queue.shift();
        if (item === null) return;
        if (item instanceof Error) throw item;
        if (item) yield item;
        else if (this.options.signal?.aborted) throw this.options.signal.reason as Error;
        else await new Promise<void>((resolve) => (this.wake = resolve));
      }
    } finally {
      this.isClosed = true;
    }
  }
}

class Fake implements Pick<StepcastClient, 'stream'> {
  readonly readings: Reading[] = [];

  stream(_id: string, options: StreamOptions = {}): ExecutionStream {
    const reading = new Reading(options);
    this.readings.push(reading);
    return Object.assign(Object.create(ExecutionStream.prototype) as ExecutionStream, { [Symbol.asyncIterator]: () => reading[Symbol.asyncIterator]() });
  }

  get last(): Reading {
    return this.readings.at(-1) as Reading;
  }
}

/** Frames of a page, drawn when the test says so. */
class Frames {
  calls: (() => void)[] = [];
  visibility = 'visible';
  private readonly names = ['requestAnimationFrame', 'cancelAnimationFrame', 'document', 'reportError'] as const;
  readonly reported: unknown[] = [];

  install(): void {
    const fakes = {
      requestAnimationFrame: (call: () => void) => this.calls.push(call), cancelAnimationFrame: (id: number) => void (this.calls[id - 1] = () => {}),
      document: { get visibilityState() { return frames.visibility; } }, reportError: (error: unknown) => this.reported.push(error),
    };
    for (const name of this.names) Object.defineProperty(globalThis, name, { configurable: true, value: fakes[name] });
  }

  remove(): void {
    for (const name of this.names) Reflect.deleteProperty(globalThis, name);
  }

  draw(): void {
    const due = this.calls;
    this.calls = [];
    for (const call of due) call();
  }
}

/** Resolves when the timers that are due, which were set before, have run. */
const timers = () => new Promise((resolve) => setTimeout(resolve, 1));

let frames: Frames;
let client: Fake;
let seq: number;
beforeEach(() => {
  frames = new Frames();
  frames.install();
  client = new Fake();
  seq = 0;
});
afterEach(() => frames.remove());

function event(type: EventType, stepId?: string, data: object = {}): ExecutionEvent {
  const step: Partial<StepInfo> = { id: stepId ?? '', name: stepId ?? '', type: 'agent', attempt: 1, iteration: 0, index: 0, total: 1, status: 'running' };
  return { seq: ++seq, type, executionId: 'e', workflow: 'w', timestamp: '2026-11-20T08:00:00.000Z', progress: 0, data, ...(stepId === undefined ? {} : { step }) } as ExecutionEvent;
}
const text = (stepId: string, delta: string) => event('step_output', stepId, { kind: 'text', delta, offset: 0 });

function storeOf(options: ExecutionStoreOptions = {}): { store: ExecutionStore; shown: ExecutionSnapshot[]; leave: () => void } {
  const store = new ExecutionStore(client, 'e', options);
  const shown: ExecutionSnapshot[] = [];
  return { store, shown, leave: store.subscribe(() => shown.push(store.getSnapshot())) };
}

describe('the snapshots', () => {
  it('change once a frame, however much comes', async () => {
    const { store, shown } = storeOf();
    const before = store.getSnapshot();
    await client.last.give(event('workflow_started'), event('step_started', 'a'), ...Array.from({ length: 500 }, () => text('a', 'x')));
    expect([shown.length, frames.calls.length, store.getSnapshot()]).toEqual([0, 1, before]);
    frames.draw();
    expect(shown).toHaveLength(1);
    expect(shown[0]).toMatchObject({ status: 'running', text: 'x'.repeat(500), currentStep: { id: 'a' }, state: { id: 'e', workflow: 'w', lastSeq: 502 }, error: null });
    expect(shown[0]?.events).toHaveLength(502);
    frames.draw();
    expect(shown).toHaveLength(1);
  });

  it('have new objects where something has changed, and the same where not', async () => {
    const { store } = storeOf();
    await client.last.give(event('workflow_started'), event('step_started', 'a'), event('step_started', 'b'));
    frames.draw();
    const one = store.getSnapshot();
    await client.last.give(text('b', 'x'));
    frames.draw();
    const two = store.getSnapshot();
    expect(two.state.steps['a']).toBe(one.state.steps['a']);
    expect(two.state.steps['b']).not.toBe(one.state.steps['b']);
    expect(one.state.steps['b']?.text).toBe('');
    client.last.options.onConnection?.({ state: 'polling' });
    frames.draw();
    const three = store.getSnapshot();
    expect(three).not.toBe(two);
    expect([three.connection, three.state === two.state, three.events === two.events]).toEqual([{ state: 'polling' }, true, true]);
  });

  it('hold the text of the attempt that counts, and nothing of what a retry has voided', async () => {
    const { store } = storeOf();
    const error = { code: 'agent_failed', message: 'not yet' };
    await client.last.give(event('workflow_started'), event('step_started', 'r'), event('step_started', 'r/a'), text('r/a', 'first'));
    frames.draw();
    expect(store.getSnapshot().text).toBe('first');
    await client.last.give(event('step_retrying', 'r', { attempt: 1, maxAttempts: 2, delayMs: 0, error }));
    frames.draw();
    expect([store.getSnapshot().text, store.getSnapshot().state.steps['r/a']?.status]).toEqual(['', 'pending']);
    await client.last.give(event('step_started', 'r/a'), text('r/a', 'second'));
    frames.draw();
    expect(store.getSnapshot().text).toBe('second');
  });

  it('hold no more events than they are to, and none where none are wanted', async () => {
    const { store } = storeOf({ maxEvents: 3 });
    const { store: none } = storeOf({ maxEvents: 0 });
    for (const reading of client.readings) {
      seq = 0;
      await reading.give(event('workflow_started'), event('step_started', 'a'), ...Array.from({ length: 20 }, () => text('a', 'x')));
    }
    frames.draw();
    expect(store.getSnapshot().events.map((each) => each.seq)).toEqual([20, 21, 22]);
    expect(none.getSnapshot()).toMatchObject({ events: [], text: 'x'.repeat(20) });
  });

  it('tell how it ended: with a result, an error, or neither', async () => {
    const ends: [ExecutionEvent, Partial<ExecutionSnapshot>][] = [
      [event('workflow_completed', undefined, { result: { n: 1 } }), { status: 'completed', result: { n: 1 }, error: null }],
      [event('workflow_cancelled', undefined, { reason: 'enough' }), { status: 'cancelled', error: null }],
      [event('workflow_failed', undefined, { error: { code: 'agent_failed', message: 'no luck' } }), { status: 'failed', error: expect.objectContaining({ name: 'ExecutionError', message: 'no luck' }) as never }],
    ];
    for (const [end, expected] of ends) {
      const { store } = storeOf();
      await client.last.give(end, null);
      frames.draw();
      expect(store.getSnapshot()).toMatchObject(expected);
      const { error } = store.getSnapshot();
      client.last.options.onConnection?.({ state: 'ended' });
      frames.draw();
      expect(store.getSnapshot().error).toBe(error);
    }
  });

  it('come without frames too: where the page is hidden, and where there is none', async () => {
    const drawn = (store: ExecutionStore) => new Promise<void>((resolve) => void store.subscribe(resolve));
    frames.visibility = 'hidden';
    const hidden = new ExecutionStore(client, 'e');
    const first = drawn(hidden);
    await client.last.give(event('workflow_started'));
    await first;
    expect(hidden.getSnapshot().status).toBe('running');
    frames.remove();
    const elsewhere = new ExecutionStore(client, 'e');
    const second = drawn(elsewhere);
    await client.last.give(event('workflow_started'));
    await second;
    expect(elsewhere.getSnapshot().status).toBe('running');
  });

  it('begin as those of no execution do, but for the id', () => {
    const { store } = storeOf();
    expect(store.getSnapshot()).toEqual({ ...NO_SNAPSHOT, state: { ...NO_SNAPSHOT.state, id: 'e' } });
  });
});

describe('reading', () => {
  it('begins with the first listener and is one for all of them', () => {
    const { store } = storeOf();
    store.subscribe(() => {});
    expect(client.readings).toHaveLength(1);
    expect(client.last.options.after).toBe(0);
    new ExecutionStore(client, 'e');
    expect(client.readings).toHaveLength(1);
  });

  it('goes on with the same line where the last listener is followed by another at once, as in StrictMode', async () => {
    const { store, leave } = storeOf();
    leave();
    store.subscribe(() => {});
    await timers();
    expect([client.readings.length, client.last.options.signal?.aborted]).toEqual([1, false]);
  });

  it('ends with the last listener, who is told nothing more, and goes on after what was taken with the next one', async () => {
    const told: number[] = [];
    const { store, leave } = storeOf({ onEvent: (each) => told.push(each.seq) });
    await client.last.give(event('workflow_started'), event('step_started', 'a'));
    leave();
    const late = text('a', 'late');
    await client.last.give(late);
    expect(told).toEqual([1, 2]);
    await timers();
    expect([client.readings[0]?.isClosed, client.readings[0]?.options.signal?.aborted]).toEqual([true, true]);
    store.subscribe(() => {});
    expect(client.readings).toHaveLength(2);
    expect(client.last.options.after).toBe(2);
    await client.last.give(late);
    expect(told).toEqual([1, 2, 3]);
  });

  it('is taken up by somebody who comes while the line is being closed', async () => {
    const { store, leave } = storeOf();
    await client.last.give(event('workflow_started'));
    leave();
    await timers();
    // As the microtasks of the abort have not all run, or the line takes its time: either way there is one reading in the end.
    store.subscribe(() => {});
    await turn();
    expect(client.readings.filter(({ isClosed }) => !isClosed)).toHaveLength(1);
    expect(client.last.options.after).toBe(1);
  });

  it('is not begun anew once all has come', async () => {
    const { store, leave } = storeOf();
    await client.last.give(event('workflow_completed', undefined, { result: null }), null);
    leave();
    store.subscribe(() => {});
    await turn();
    expect(client.readings).toHaveLength(1);
  });

  it('that is refused says why, and is tried again for the next who comes', async () => {
    const { store, leave } = storeOf();
    const refusal = new RequestError('there is no execution e', 404, 'not_found');
    await client.last.give(refusal);
    frames.draw();
    expect(store.getSnapshot()).toMatchObject({ error: refusal, connection: { state: 'ended' }, status: 'queued' });
    leave();
    store.subscribe(() => {});
    expect(client.readings).toHaveLength(2);
    await client.last.give(event('workflow_started'));
    frames.draw();
    expect(store.getSnapshot()).toMatchObject({ error: null, status: 'running' });
  });

  it('outlives a listener of events that throws, whose fault is reported as its own', async () => {
    const fault = new Error('of the app');
    const { store } = storeOf({ onEvent: () => { throw fault; } });
    await client.last.give(event('workflow_started'), event('step_started', 'a'));
    frames.draw();
    expect(frames.reported).toEqual([fault, fault]);
    expect(store.getSnapshot()).toMatchObject({ status: 'running', error: null, state: { lastSeq: 2 } });
  });
});
