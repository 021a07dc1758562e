/**
 * Keeps one execution from holding the loop, and holds all of them back while the journal cannot be written. Steps
 * without any waiting of their own would otherwise run in one endless turn: nothing would be committed, nothing sent.
 */
import { type Journal } from '../../journal/journal.js';

/** Steps, rounds or pieces that may follow one another in a turn of the loop. */
const PER_TURN = 64;

export class Pace {
  private left = PER_TURN;

  constructor(private readonly journal: Pick<Journal, 'whenWritable'>) {}

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
