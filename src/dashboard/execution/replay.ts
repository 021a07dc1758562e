/**
 * The state as it stood after any event of a log: by folding from the nearest snapshot before it. Snapshots are taken every so
 * many events as far as somebody has looked, so that moving about in ten thousand events costs some hundred at most.
 */
import { type ExecutionEvent } from '../../contract/events.js';
import { type ExecutionState, fold, initialState } from '../../contract/state.js';

const EVERY = 250;

export class Replay {
  /** The state before event number `i * EVERY`. */
  private readonly snapshots: ExecutionState[] = [];
  private latest: { length: number; state: ExecutionState } | undefined;

  /** @param events The log, from its first event on; it may grow. */
  constructor(private readonly events: readonly ExecutionEvent[]) {}

  /** @param length How many events are to have happened. */
  at(length: number): ExecutionState {
    const bounded = Math.max(0, Math.min(length, this.events.length));
    const base = this.snapshotBefore(bounded);
    // Playing goes on from where it was.
    const from = this.latest && this.latest.length >= base.length && this.latest.length <= bounded ? this.latest : base;
    const state = from.length === bounded ? from.state : fold(from.state, this.events.slice(from.length, bounded));
    this.latest = { length: bounded, state };
    return state;
  }

  /** The last time that is told in the first `length` events, in milliseconds. */
  timeAt(length: number): number {
    const event = this.events[Math.max(0, Math.min(length, this.events.length) - 1)];
    return event ? Date.parse(event.timestamp) : 0;
  }

  /** How many events had happened at a time. */
  lengthAt(ms: number): number {
    let [low, high] = [0, this.events.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (Date.parse((this.events[middle] as ExecutionEvent).timestamp) <= ms) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private snapshotBefore(length: number): { length: number; state: ExecutionState } {
    const wanted = Math.floor(length / EVERY);
    this.snapshots[0] ??= this.first();
    while (this.snapshots.length <= wanted) {
      const i = this.snapshots.length - 1;
      this.snapshots.push(fold(this.snapshots[i] as ExecutionState, this.events.slice(i * EVERY, (i + 1) * EVERY)));
    }
    return { length: wanted * EVERY, state: this.snapshots[wanted] as ExecutionState };
  }

  private first(): ExecutionState {
    const [event] = this.events;
    return initialState({ id: event?.executionId ?? '', workflow: event?.workflow ?? '', sessionId: event?.sessionId ?? null, createdAt: event?.timestamp ?? '' });
  }
}
