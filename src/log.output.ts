/**
 * Where the lines of the log go: to standard output, written in threads of their own, so that nothing waits for whoever
 * reads it. What is not written at the end of the process is put out at once, and would stand before a line that a
 * thread is yet to write: so a service that ends by itself waits for its lines first.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';

type LogOutput = ReturnType<typeof pino.destination>;

const STANDARD_OUTPUT = 1;
/** Milliseconds that a log which nobody reads may hold up the end. */
const PATIENCE_MS = 3000;

let output: LogOutput | undefined;

export function logOutput(): LogOutput {
  return (output ??= pino.destination(STANDARD_OUTPUT));
}

/** Resolves when every line so far is written, or cannot be. */
export async function logsWritten(): Promise<void> {
  const log = logOutput();
  const written = once(log, 'drain').catch(() => undefined);
  // Nothing, but behind all: without it, a log that has nothing to write would say nothing.
  log.write('');
  await Promise.race([written, sleep(PATIENCE_MS)]);
}
