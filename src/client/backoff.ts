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

/** Calls once `signal` aborts, at once where it has. @returns what ends that. */
export function onAbort(signal: AbortSignal | undefined, call: () => void): () => void {
  signal?.addEventListener('abort', call);
  if (signal?.aborted) call();
  return () => signal?.removeEventListener('abort', call);
}

/** What `work` settles with, or at once a rejection with what `signal` is aborted with: `work` may be of others, and never settle. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    void work.then(resolve, reject).then(onAbort(signal, () => reject(signal.reason as Error)));
  });
}

/**
 * What `work` settles with, which is given a signal that aborts with `outer`, and once it has taken so long.
 *
 * @param isHeld Whether a process of Node's lives on for it, where nothing else is left to do.
 */
export async function timely<T>(work: (signal: AbortSignal) => Promise<T>, ms: number, outer: AbortSignal | undefined, isHeld = true): Promise<T> {
  const aborter = new AbortController();
  const endAbort = onAbort(outer, () => aborter.abort(outer?.reason));
  const timer = later(() => aborter.abort(new Error(`no answer has come for ${ms} ms`)), ms);
  if (!isHeld) (timer as { unref?: () => void }).unref?.();
  try {
    return await orAborted(work(aborter.signal), aborter.signal);
  } finally {
    clearTimeout(timer);
    endAbort();
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
export async function pause(ms: number, signal: AbortSignal | undefined, wake?: (skip: () => void) => void): Promise<void> {
  let end = () => {};
  await new Promise<void>((resolve) => {
    const timer = later(resolve, ms);
    const endAbort = onAbort(signal, resolve);
    end = () => {
      clearTimeout(timer);
      endAbort();
    };
    wake?.(resolve);
  });
  end();
}
