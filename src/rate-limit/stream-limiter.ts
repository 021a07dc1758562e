import { StepcastError } from '../contract/errors.js';

/** Counts the open streams of each user, and of all together, whatever they are carried by. */
export class StreamLimiter {
  private readonly open = new Map<string, number>();
  private total = 0;

  /** @throws StepcastError `invalid_input` where a cap is no whole number from 1. */
  constructor(readonly maxStreamsPerUser: number, readonly maxStreams = Number.MAX_SAFE_INTEGER) {
    for (const cap of [maxStreamsPerUser, maxStreams]) {
      if (!(Number.isSafeInteger(cap) && cap >= 1)) throw new StepcastError('invalid_input', `${cap} is no cap of open streams; give a whole number from 1`);
    }
  }

  /** How many streams of the user are open. */
  count(user: string): number {
    return this.open.get(user) ?? 0;
  }

  /** How many streams the user may open besides. */
  remaining(user: string): number {
    return this.maxStreamsPerUser - this.count(user);
  }

  /**
   * Takes a place for a stream, and answers what gives it back; calling that again changes nothing. Checks and takes
   * in one go, without a promise between, so that streams opened at the same moment cannot get round the cap.
   * @throws StepcastError `too_many_streams` where the user has no place left, `capacity_exceeded` where nobody has.
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
    if (this.total >= this.maxStreams) {
      throw new StepcastError('capacity_exceeded', 'the service has as many streams open as it takes; try again in a moment, or ask for events as pages', { retryAfterSeconds: 5 });
    }
    this.open.set(user, count + 1);
    this.total++;
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.total--;
      const left = this.count(user) - 1;
      if (left > 0) this.open.set(user, left);
      else this.open.delete(user);
    };
  }
}
