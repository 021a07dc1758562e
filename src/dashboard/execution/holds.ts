/**
 * What holds a step up, such as the limit of a model: the warnings with a code that steps give, each until its step goes on or
 * ends. As of the timeline, how it stood at an earlier event is what lies before it, so that a replay needs no second one.
 */
import { type EventType, type ExecutionEvent, isWithin, TERMINAL_TYPES } from '../../contract/events.js';

export interface Hold {
  stepId: string;
  code: string;
  text: string;
  /** Seq of the message. */
  startSeq: number;
  /** Of the event that shows that it is over; absent while it goes on. */
  endSeq?: number;
}

/** What begins or ends a step does so with all below it; whatever else it tells lets nothing below it go on. */
const REACHES_DOWN: ReadonlySet<EventType> = new Set(['step_started', 'step_retrying', 'step_completed', 'step_failed', 'step_cancelled', 'step_skipped']);

export class Holds {
  private readonly all: Hold[] = [];
  private readonly open = new Map<string, Hold>();

  apply(event: ExecutionEvent): void {
    const { seq, step } = event;
    if (event.type === 'workflow_resumed' || TERMINAL_TYPES.has(event.type)) for (const id of [...this.open.keys()]) this.close(id, seq);
    if (!step) return;
    const reachesDown = REACHES_DOWN.has(event.type);
    for (const id of [...this.open.keys()]) if (id === step.id || (reachesDown && isWithin(id, step.id))) this.close(id, seq);
    if (event.type !== 'message') return;
    const { level, code, text } = event.data;
    if (code === undefined || (level !== 'warn' && level !== 'error')) return;
    const hold: Hold = { stepId: step.id, code, text, startSeq: seq };
    this.all.push(hold);
    this.open.set(step.id, hold);
  }

  /** The latest one of a step that is active. @param length How many events have happened. */
  at(length: number, activeSteps: readonly string[]): Hold | undefined {
    return this.all.findLast(({ stepId, startSeq, endSeq = Infinity }) => startSeq <= length && endSeq > length && activeSteps.includes(stepId));
  }

  private close(stepId: string, seq: number): void {
    const hold = this.open.get(stepId);
    if (hold) hold.endSeq = seq;
    this.open.delete(stepId);
  }
}
