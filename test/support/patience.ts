import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds after which what a test waits for counts as never coming. A bound for failures, never a measure. */
const PATIENCE_MS = 30_000;

/** The promise, or a rejection that names what did not come. */
export async function within<T>(promise: Promise<T>, what: string | (() => string), ms = PATIENCE_MS): Promise<T> {
  const given = new AbortController();
  const late = sleep(ms, undefined, { signal: given.signal, ref: false }).then(() => {
    throw new Error(`${typeof what === 'string' ? what : what()} did not come within ${ms} ms`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    given.abort();
    late.catch(() => undefined);
  }
}

/** Asks again and again until the answer is something, and not `false`: for what nothing tells of by itself. */
export async function eventually<T>(ask: () => Promise<T | undefined | false> | T | undefined | false, what: string): Promise<T> {
  const asking = (async () => {
    for (;;) {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      await sleep(10);
    }
  })();
  return within(asking, what);
}

/** Asserts again and again until it holds: for what a page shows a moment after. Fails with what the last look has found. */
export async function soon(assertion: () => Promise<void>): Promise<void> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (Date.now() > until) throw error;
      await sleep(20);
    }
  }
}
