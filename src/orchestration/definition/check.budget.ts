/**
 * How long the checks of one user may hold the process. Each check of a definition, of a schema and against a schema is
 * stopped after a time of its own (input.validator.ts); but a user who sends the slowest there are, one after the other,
 * would have everybody else wait for them. Checks as they should be take a few milliseconds, and are not counted.
 */
import { StepcastError } from '../../contract/errors.js';

/** Milliseconds of a check that are not counted; the first one also loads what checks. */
const FREE_MS = 50;
/** Milliseconds of slow checks that a user has at once, and that come back per second. */
const MOST_MS = 10_000;
const BACK_PER_SECOND_MS = 100;
/** Users known before those who owe nothing any more are forgotten. */
const MANY_USERS = 1000;

export class CheckBudget {
  /** Of users with slow checks: what they had spent at a time. */
  private readonly debts = new Map<string, { ms: number; at: number }>();

  /** @param now Milliseconds that only go forward. */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Runs a synchronous check for a user; for nobody in particular, without counting. @throws StepcastError `rate_limited` */
  run<T>(user: string | undefined, check: () => T): T {
    if (user === undefined) return check();
    const begun = this.now();
    const over = this.debtOf(user, begun) - MOST_MS;
    if (over >= 0) {
      const retryAfterSeconds = Math.ceil((over + 1000) / BACK_PER_SECOND_MS);
      throw new StepcastError('rate_limited', `the definitions and schemas of this user have taken too long to check; simplify them, and try again in ${retryAfterSeconds} s`, { retryAfterSeconds });
    }
    try {
      return check();
    } finally {
      const at = this.now();
      const slow = at - begun - FREE_MS;
      if (slow > 0) this.owe(user, slow, at);
    }
  }

  private debtOf(user: string, at: number): number {
    const debt = this.debts.get(user);
    return debt ? Math.max(0, debt.ms - ((at - debt.at) / 1000) * BACK_PER_SECOND_MS) : 0;
  }

  private owe(user: string, ms: number, at: number): void {
    this.debts.set(user, { ms: this.debtOf(user, at) + ms, at });
    if (this.debts.size <= MANY_USERS) return;
    for (const known of this.debts.keys()) if (this.debtOf(known, at) === 0) this.debts.delete(known);
  }
}
