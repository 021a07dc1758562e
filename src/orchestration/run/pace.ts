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

  /** Resolves when the next step, round or piece may go on. */
  async next(): Promise<void> {
    if (--this.left <= 0) {
      this.left = PER_TURN;
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (let wait = this.journal.whenWritable(); wait; wait = this.journal.whenWritable()) await wait;
  }
}
