import { StepcastError } from '../contract/errors.js';

/** Counts the open streams of each user. */
export class StreamLimiter {
  private readonly open = new Map<string, number>();

  /** @throws StepcastError `invalid_input` where the cap is no whole number from 1. */
  constructor(readonly maxStreamsPerUser: number) {
    if (!(Number.isSafeInteger(maxStreamsPerUser) && maxStreamsPerUser >= 1)) {
      throw new StepcastError('invalid_input', `${maxStreamsPerUser} is no cap of open streams; give a whole number from 1`);
    }
  }

  /** How many streams of the user are open. */
  count(user: string): number {
    return this.open.get(user) ?? 0;
  }

  /**
   * Takes a place for a stream, and answers what gives it back; calling that again changes nothing. Checks and takes
   * in one go, without a promise between, so that streams opened at the same moment cannot get round the cap.
   * @throws StepcastError `too_many_streams` where the user has no place left.
   */
  acquire(user: string): () => void {
    const count = this.count(user);
    if (count >= this.maxStreamsPerUser) {
      throw new StepcastError(
        'too_many_streams',
        `${count} streams are open, and no more are allowed; close one, or follow several executions over one connection with GET /stream`,
        { retryAfterSeconds: 1 },
      );
    }
    this.open.set(user, count + 1);
    let released = false;
    return () => {
      if (released) return;
      released = true;
      const left = this.count(user) - 1;
      if (left > 0) this.open.set(user, left);
      else this.open.delete(user);
    };
  }
}
