/** The leave to make one request. Whatever becomes of it has to be told here, once; what is told after that goes nowhere. */
import { type Outcome } from './provider.breaker.js';

/** Who is told. */
export interface PermitEnds {
  outcome: (outcome: Outcome) => void;
  /** Tokens that it took. */
  used: (tokens: number) => void;
  ended: () => void;
  /** Milliseconds that the provider asks to be left alone for. */
  pause: (ms: number) => void;
}

export class Permit {
  private isEnded = false;
  private isAnswered = false;

  /** @param isTry Whether others wait to see if it is answered. */
  constructor(private readonly isTry: boolean, private readonly ends: PermitEnds) {}

  /** The answer has begun. Of a try, more is not waited for: an answer may take minutes. */
  answered(): void {
    if (this.isEnded || this.isAnswered) return;
    this.isAnswered = true;
    if (this.isTry) this.ends.outcome('answers');
  }

  /** @param used Tokens, where the provider has told them; else it stays with the estimate. */
  end(outcome: Outcome, used?: number): void {
    if (this.isEnded) return;
    this.isEnded = true;
    if (used !== undefined) this.ends.used(used);
    this.ends.outcome(outcome);
    this.ends.ended();
  }

  /** The provider has refused or failed, and may ask to be left alone. What it says nothing to is not charged. */
  fail(outcome: Outcome, pauseSeconds?: number): void {
    if (this.isEnded) return;
    if (pauseSeconds !== undefined) this.ends.pause(pauseSeconds * 1000);
    this.end(outcome, this.isAnswered ? undefined : 0);
  }
}
