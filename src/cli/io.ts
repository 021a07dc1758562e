/** The process as commands see it. */
import { type ReadStream, type WriteStream } from 'node:tty';

export interface Io {
  stdin: NodeJS.ReadStream | ReadStream;
  stdout: NodeJS.WriteStream | WriteStream;
  stderr: NodeJS.WriteStream | WriteStream;
  env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since the epoch. */
  now: () => number;
}

export const PROCESS_IO: Io = { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, env: process.env, now: Date.now };

/** Whether something can be drawn on it over and over. */
export function isLive({ stdout, env }: Io): boolean {
  return stdout.isTTY === true && env['TERM'] !== 'dumb' && !env['CI'];
}

/** Whether a person can be asked. */
export function canAsk(io: Io): boolean {
  return io.stdin.isTTY === true && isLive(io);
}
