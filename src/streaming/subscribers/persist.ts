import { type FailureWatch, SubscriberFailure } from './failure.watch.js';

export interface Persistence {
  watch: FailureWatch;
  signal: AbortSignal;
  minDelayMs: number;
  maxDelayMs: number;
  /** 0 ≤ x < 1 */
  random: () => number;
}

/** Tries until it works; false where the signal has aborted before. Between two tries: doubling, with jitter, and at least as long as was asked for. */
export async function persist(attempt: () => unknown, { watch, signal, minDelayMs, maxDelayMs, random }: Persistence): Promise<boolean> {
  for (let failures = 0; !signal.aborted; ) {
    try {
      await attempt();
      if (failures > 0) watch.recovered();
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      if (failures++ === 0) watch.struggles();
      watch.failed(error);
      const { retryAfterMs = 0, isFinal = false } = error instanceof SubscriberFailure ? error.options : {};
      const delay = isFinal ? maxDelayMs : Math.min(maxDelayMs, minDelayMs * 2 ** Math.min(failures - 1, 30));
      await pause(Math.max(retryAfterMs, delay / 2 + (delay / 2) * random()), signal);
    }
  }
  return false;
}

/** Waits so many milliseconds, or until the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    timer.unref();
    signal.addEventListener('abort', end);
  });
}

/** What the work answers, or nothing as soon as the signal aborts: work may ignore it. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const stop = () => resolve(undefined);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
