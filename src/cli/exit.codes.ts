/** What the process answers to whoever started it. */
import { RequestError } from '../client/client.error.js';
import { type ExecutionStatus } from '../contract/state.js';

export const EXIT = {
  completed: 0,
  /** The execution failed. */
  failed: 1,
  /** The command cannot be understood, or its input is none. */
  usage: 2,
  /** The execution was cancelled. */
  cancelled: 3,
  /** The service refused: who asks, what is asked for, or how often. */
  refused: 4,
  /** The service cannot be reached. */
  unreachable: 5,
  /** Left by Ctrl-C while the execution goes on, as shells count it: 128 + SIGINT. */
  left: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The command was given what it cannot work with. */
export class UsageError extends Error {}

export function codeOfStatus(status: ExecutionStatus): ExitCode {
  if (status === 'completed') return EXIT.completed;
  return status === 'cancelled' ? EXIT.cancelled : EXIT.failed;
}

export function codeOfError(error: unknown): ExitCode {
  if (error instanceof UsageError) return EXIT.usage;
  if (!(error instanceof RequestError)) return EXIT.failed;
  return error.status === 0 ? EXIT.unreachable : EXIT.refused;
}
