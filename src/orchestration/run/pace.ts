/**
 * Keeps one execution from holding the loop, and holds all of them back while the journal cannot be written. Steps
 * without any waiting of their own would otherwise run in one endless turn: nothing would be committed, nothing sent.
 */
import { type Journal } from '../../journal/journal.js';

/** Steps, rounds or pieces that may follow one another in a turn of the loop. */
const PER_TURN = 64;

export class Pace {
  private left = PER_TURN;

  /** Whether the execution goes on after the end of a process, and its log ends in a wait, whatever has been told since. */
  leavesWait = false;

  constructor(private readonly journal: Pick<Journal, 'whenWritable' | 'flushed'>) {}

  /**
   * Before an agent or a condition works. Where it comes after a wait, that the wait is over is in the log by then: so the
   * log says what ran, and not the wait before it, even of what ends the process at once.
   */
  beforeWork(): Promise<void> | undefined {
    return this.leavesWait ? this.journal.flushed().catch(() => undefined).then(() => this.next()) : this.next();
  }

  /** Nothing where the next step, round or piece may go on at once, as it mostly may; else resolves when it may. */
  next(): Promise<void> | undefined {
    const wait = this.journal.whenWritable();
    return --this.left > 0 && !wait ? undefined : this.pause(wait);
  }

  private async pause(wait: Promise<void> | undefined): Promise<void> {
    if (this.left <= 0) {
      this.left = PER_TURN;
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (let held = wait ?? this.journal.whenWritable(); held; held = this.journal.whenWritable()) await held;
  }
}
