/**
 * How many executions run at once, of a user and of all together. Above either bound they wait: those of a user in the
 * order of their start, and the users by turns, so that one who starts a thousand does not keep the others waiting for
 * all of them. Above a second bound starts are refused. Reserving is synchronous, so that parallel starts cannot get
 * round it.
 */
import { StepcastError } from '../contract/errors.js';

/** Of a user, or of all. Together they bound what runs and waits: a start is refused above `running + queued`. */
export interface AdmissionLimits {
  running: number;
  queued: number;
}

/** Room for one execution that is being created: used by `enter`, or given back by `cancel`, which does nothing after that. */
export interface Slot {
  enter(id: string, launch: () => void): void;
  cancel(): void;
}

interface Share {
  reserved: number;
  running: number;
  /** What launches those that wait, by id, in the order of their start. */
  readonly waiting: Map<string, () => void>;
}

export class Admission {
  private readonly shares = new Map<string, Share>();
  /** Users whose next execution waits for nothing but a place among all, in the order of their turns. */
  private readonly ready = new Map<string, Share>();
  private readonly total = { reserved: 0, running: 0, waiting: 0 };
  private launching = false;

  constructor(private readonly limits: AdmissionLimits, private readonly all: AdmissionLimits = { running: Infinity, queued: 0 }) {}

  /**
   * Holds a slot while the execution is being written to the journal.
   * @throws StepcastError `too_many_executions`, `capacity_exceeded`
   */
  reserve(user: string): Slot {
    if (this.remaining(user) <= 0) {
      const { running = 0, reserved = 0, waiting } = this.shares.get(user) ?? {};
      throw new StepcastError(
        'too_many_executions',
        `${running} executions run and ${(waiting?.size ?? 0) + reserved} wait already; start more when some have finished`,
        { retryAfterSeconds: 1 },
      );
    }
    const { total } = this;
    if (total.reserved + total.running + total.waiting >= this.all.running + this.all.queued) {
      throw new StepcastError('capacity_exceeded', 'the service runs as many executions as it can, and as many wait as may; try again in a moment', { retryAfterSeconds: 5 });
    }
    const share = this.shareOf(user);
    share.reserved++;
    total.reserved++;
    let held = true;
    const giveBack = () => {
      if (!held) return;
      held = false;
      share.reserved--;
      total.reserved--;
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

  /** How many a user may have, running and waiting. */
  get limit(): number {
    return this.limits.running + this.limits.queued;
  }

  /** How many more the user may start, as far as it is up to the user. */
  remaining(user: string): number {
    const share = this.shares.get(user);
    return this.limit - (share ? share.reserved + share.running + share.waiting.size : 0);
  }

  /** Whether `enter` would launch at once. */
  hasRoom(user: string): boolean {
    return (this.shares.get(user)?.running ?? 0) < this.limits.running && this.total.running < this.all.running;
  }

  /** Launches now, or when it is its turn. Without a bound check: for what was admitted before. */
  enter(user: string, id: string, launch: () => void): void {
    const share = this.shareOf(user);
    share.waiting.set(id, launch);
    this.total.waiting++;
    this.line(user, share);
    this.launchReady();
  }

  /** One that ran has ended; the next one takes its place. */
  leave(user: string): void {
    const share = this.shareOf(user);
    share.running--;
    this.total.running--;
    this.line(user, share);
    this.launchReady();
    this.drop(user, share);
  }

  /** Takes one that waits out of the queue; false where it does not wait. */
  withdraw(user: string, id: string): boolean {
    const share = this.shares.get(user);
    if (!share?.waiting.delete(id)) return false;
    this.total.waiting--;
    this.line(user, share);
    this.drop(user, share);
    return true;
  }

  /** Those of a user that wait, the next one first. */
  waitingOf(user: string): Iterable<string> {
    return this.shares.get(user)?.waiting.keys() ?? [];
  }

  /** Gives free places to those that wait, user by user. In a loop: what is launched may leave at once. */
  private launchReady(): void {
    if (this.launching) return;
    this.launching = true;
    try {
      while (this.total.running < this.all.running) {
        const [next] = this.ready;
        if (!next) break;
        this.launchNext(...next);
      }
    } finally {
      this.launching = false;
    }
  }

  private launchNext(user: string, share: Share): void {
    const [id, launch] = share.waiting.entries().next().value as [string, () => void];
    share.waiting.delete(id);
    this.total.waiting--;
    share.running++;
    this.total.running++;
    // To the end of the line.
    this.ready.delete(user);
    this.line(user, share);
    try {
      launch();
    } catch (error) {
      // Nothing runs that could leave.
      share.running--;
      this.total.running--;
      this.line(user, share);
      this.drop(user, share);
      throw error;
    }
  }

  /** Whoever stands in the line stays where they are. */
  private line(user: string, share: Share): void {
    if (share.waiting.size === 0 || share.running >= this.limits.running) this.ready.delete(user);
    else this.ready.set(user, share);
  }

  private shareOf(user: string): Share {
    let share = this.shares.get(user);
    if (!share) this.shares.set(user, (share = { reserved: 0, running: 0, waiting: new Map() }));
    return share;
  }

  private drop(user: string, share: Share): void {
    if (share.running === 0 && share.reserved === 0 && share.waiting.size === 0 && this.shares.get(user) === share) this.shares.delete(user);
  }
}
