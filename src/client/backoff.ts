/** Waiting, and its end: exponential backoff with full jitter, so that readers that were cut off together do not come back together. */
import { type ReconnectOptions } from './client.options.js';

/**
 * Milliseconds before the next try: drawn evenly below a bound that doubles with each failure.
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ "Full Jitter"
 */
export function backoffMs(failures: number, random: number, { delayMs = 500, maxDelayMs = 15_000 }: ReconnectOptions = {}): number {
  return random * Math.min(maxDelayMs, delayMs * 2 ** Math.min(failures, 30));
}

/** As long as a timer can be set for; what is longer would be over at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export function later(call: () => void, ms: number): ReturnType<typeof setTimeout> {
  return setTimeout(call, Math.min(ms, MAX_TIMER_MS));
}

/** What `work` settles with, or at once a rejection with what `signal` is aborted with: `work` may be of others, and never settle. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    void work.then(resolve, reject).then(() => signal.removeEventListener('abort', abort));
  });
}

/** What `work` settles with, which is given a signal that aborts with `outer`, and once it has taken so long. */
export async function timely<T>(work: (signal: AbortSignal) => Promise<T>, ms: number, outer: AbortSignal): Promise<T> {
  const aborter = new AbortController();
  const abort = () => aborter.abort(outer.reason);
  outer.addEventListener('abort', abort);
  if (outer.aborted) abort();
  const timer = later(() => aborter.abort(new Error(`no answer has come for ${ms} ms`)), ms);
  try {
    return await orAborted(work(aborter.signal), aborter.signal);
  } finally {
    clearTimeout(timer);
    outer.removeEventListener('abort', abort);
  }
}

/** The same generator, left at once by `return` where it waits for something, too, which `stop` ends: by itself it would wait on. */
export function leftBy<T>(events: AsyncGenerator<T, void>, stop: () => void): AsyncGenerator<T, void> {
  const leave = events.return.bind(events);
  events.return = (value) => {
    stop();
    return leave(value);
  };
  return events;
}

/** Resolves after the time, or when `signal` aborts: the caller looks which. `wake`, where given, is handed what ends it early. */
export function pause(ms: number, signal: AbortSignal, wake?: (skip: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = later(done, ms);
    signal.addEventListener('abort', done);
    wake?.(done);
    if (signal.aborted) done();
  });
}
