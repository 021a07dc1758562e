/** Waiting: exponential backoff with full jitter, so that readers that were cut off together do not come back together. */
import { type ReconnectOptions } from './client.options.js';

/**
 * Milliseconds before the next try: drawn evenly below a bound that doubles with each failure.
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ "Full Jitter"
 */
export function backoffMs(failures: number, random: number, { delayMs = 500, maxDelayMs = 15_000 }: ReconnectOptions = {}): number {
  return random * Math.min(maxDelayMs, delayMs * 2 ** Math.min(failures, 30));
}

/** Resolves after the time, or when `signal` aborts: the caller looks which. `wake`, where given, is handed what ends it early. */
export function pause(ms: number, signal: AbortSignal, wake?: (skip: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
    wake?.(done);
    if (signal.aborted) done();
  });
}
