/**
 * Keeps one execution from holding the loop, and holds all of them back while the journal cannot be written. Steps
 * without any waiting of their own would otherwise run in one endless turn: nothing would be committed, nothing sent.
 */
import { type Journal } from '../../journal/journal.js';

/** Steps, rounds or pieces that may follow one another in a turn of the loop. */
const PER_TURN = 64;

export class Pace {
  private left = PER_TURN;

  /** @param cutShort Whether the execution goes on after the end of a process. */
  constructor(private readonly journal: Pick<Journal, 'whenWritable' | 'flushed'>, private readonly cutShort = false) {}

  /**
   * Before an agent works. Where the execution may be what ended the process, its start is in the log by then: so the log
   * says what ran, and not the wait before it, even of an agent that ends the process at once.
   */
  beforeWork(): Promise<void> | undefined {
    return this.cutShort ? this.journal.flushed().catch(() => undefined).then(() => this.next()) : this.next();
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
