/**
 * How many executions of a user run at once. Above the bound they wait in the order of their start; above a second
 * bound starts are refused. Reserving is synchronous, so that parallel starts cannot get round it.
 */
import { StepcastError } from '../contract/errors.js';

interface Share {
  reserved: number;
  running: number;
  queue: { id: string; launch: () => void }[];
}

export class Admission {
  private readonly shares = new Map<string, Share>();

  constructor(private readonly limits: { running: number; queued: number }) {}

  /**
   * Holds a place while the execution is being written to the journal; it must be given back by `cancel` or used by `enter`.
   * @throws StepcastError `too_many_executions`
   */
  reserve(user: string): { enter(id: string, launch: () => void): void; cancel(): void } {
    const share = this.shareOf(user);
    if (share.reserved + share.running + share.queue.length >= this.limits.running + this.limits.queued) {
      throw new StepcastError(
        'too_many_executions',
        `${share.running} executions run and ${share.queue.length} wait already; start more when some have finished`,
        { retryAfterSeconds: 1 },
      );
    }
    share.reserved++;
    let held = true;
    const giveBack = () => {
      if (held) share.reserved--;
      held = false;
      this.drop(user, share);
    };
    return {
      cancel: giveBack,
      enter: (id, launch) => {
        giveBack();
        this.enter(user, id, launch);
      },
    };
  }

  /** Whether `enter` would launch at once. */
  hasRoom(user: string): boolean {
    return (this.shares.get(user)?.running ?? 0) < this.limits.running;
  }

  /** Launches now, or when one of the user's executions has left. Without a bound check: for what was admitted before. */
  enter(user: string, id: string, launch: () => void): void {
    const share = this.shareOf(user);
    if (share.running >= this.limits.running) share.queue.push({ id, launch });
    else {
      share.running++;
      launch();
    }
  }

  /** One that ran has ended; the next in the queue takes its place. */
  leave(user: string): void {
    const share = this.shareOf(user);
    const next = share.queue.shift();
    if (next) next.launch();
    else share.running--;
    this.drop(user, share);
  }

  /** Takes one that waits out of the queue; false where it does not wait. */
  withdraw(user: string, id: string): boolean {
    const share = this.shareOf(user);
    const at = share.queue.findIndex((waiting) => waiting.id === id);
    if (at >= 0) share.queue.splice(at, 1);
    this.drop(user, share);
    return at >= 0;
  }

  private shareOf(user: string): Share {
    let share = this.shares.get(user);
    if (!share) this.shares.set(user, (share = { reserved: 0, running: 0, queue: [] }));
    return share;
  }

  private drop(user: string, share: Share): void {
    if (share.running === 0 && share.reserved === 0 && share.queue.length === 0 && this.shares.get(user) === share) this.shares.delete(user);
  }
}
