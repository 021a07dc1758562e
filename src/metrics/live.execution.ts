import { type RecordedEvent } from '../journal/event-batch.js';
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

  /** Times are moments (steady.time.ts), NaN where nobody knows. */
  constructor(readonly workflow: WorkflowMetrics, private readonly createdAt: number, public startedAt: number) {}

  /** Takes notice of an event that an earlier process has counted, at that moment. */
  recall(recorded: RecordedEvent, momentOf: (recorded: RecordedEvent) => number): void {
    switch (recorded.type) {
      case 'step_output':
        this.heard = true;
        break;
      case 'workflow_resumed':
        this.compensated = true;
        break;
      case 'input_required':
        this.asks(stepOf(recorded), momentOf(recorded));
        break;
      case 'step_retrying':
        this.compensated = true;
        this.recallEndOfWait(recorded, momentOf);
        break;
      case 'input_received':
      case 'step_failed':
      case 'step_cancelled':
        this.recallEndOfWait(recorded, momentOf);
        break;
      default:
        break;
    }
  }

  /** The step asks a person; answers whether it does so for the first time, and not again after a crash. */
  asks(stepId: string, now: number): boolean {
    this.asked = true;
    this.waiting ??= new Map();
    if (this.waiting.has(stepId)) return false;
    if (this.waiting.size === 0) this.waitingSince = now;
    this.waiting.set(stepId, now);
    return true;
  }

  /** The step waits no more; answers for how long it has, where it did. */
  waitsNoMore(stepId: string, now: number): number | undefined {
    const since = this.waiting?.get(stepId);
    if (since === undefined) return undefined;
    this.waiting?.delete(stepId);
    if (this.waiting?.size === 0) this.waitedMs += now - this.waitingSince;
    return now - since;
  }

  /** Milliseconds since the start was taken; 0 where the clock was set back to before it, between two processes. */
  sinceCreation(now: number): number {
    return Math.max(0, now - this.createdAt);
  }

  /** Milliseconds from the start, without those in which a step waited for a person. */
  activeMs(now: number): number {
    const waits = this.waiting?.size ? now - this.waitingSince : 0;
    return now - this.startedAt - this.waitedMs - waits;
  }

  /** A text is parsed only where there is something that it could end. */
  private recallEndOfWait(recorded: RecordedEvent, momentOf: (recorded: RecordedEvent) => number): void {
    if (this.waiting?.size) this.waitsNoMore(stepOf(recorded), momentOf(recorded));
  }
}

function stepOf({ event }: RecordedEvent): string {
  return event.step?.id ?? '';
}
