import { type WorkflowMetrics } from './workflow.metrics.js';

/** What is known of an execution that has not ended, for as long as it has not: there may be many that wait. */
export class LiveExecution {
  /** A step was tried again, or the execution was resumed. */
  compensated = false;
  /** It has asked a person. */
  asked = false;
  /** It has put something out. */
  heard = false;
  /** Steps that wait for a person, and since when. */
  private waiting: Map<string, number> | undefined;
  private waitedMs = 0;
  private waitingSince = 0;

  /** Times are milliseconds since the epoch, NaN where nobody knows. */
  constructor(readonly workflow: WorkflowMetrics, private readonly createdAt: number, public startedAt: number) {}

  asks(stepId: string, now: number): void {
    this.asked = true;
    this.waiting ??= new Map();
    if (this.waiting.size === 0) this.waitingSince = now;
    this.waiting.set(stepId, now);
  }

  /** The step waits no more; answers for how long it has, where it did. */
  waitsNoMore(stepId: string, now: number): number | undefined {
    const since = this.waiting?.get(stepId);
    if (since === undefined) return undefined;
    this.waiting?.delete(stepId);
    if (this.waiting?.size === 0) this.waitedMs += now - this.waitingSince;
    return now - since;
  }

  /** Milliseconds since the start was taken; 0 where the clock was set back to before it. */
  sinceCreation(now: number): number {
    return Math.max(0, now - this.createdAt);
  }

  /** Milliseconds from the start, without those in which a step waited for a person. */
  activeMs(now: number): number {
    const waits = this.waiting?.size ? now - this.waitingSince : 0;
    return now - this.startedAt - this.waitedMs - waits;
  }
}
