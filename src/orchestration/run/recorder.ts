/**
 * The one writer of an execution's log. Everything an execution tells passes through `record`: it gets its number, its
 * time and its progress, is made into JSON once, and joins this turn's transaction. What is stored, streamed and folded
 * is that one text and that one object.
 */
import { type ErrorInfo } from '../../contract/errors.js';
import { type EventDraft, type ExecutionEvent, TERMINAL_TYPES } from '../../contract/events.js';
import { type ProgressMeter } from '../../contract/progress.js';
import { applyEvent, type ExecutionState, type ExecutionStatus } from '../../contract/state.js';
import { RecordedEvent } from '../../journal/event-batch.js';
import { type Journal } from '../../journal/journal.js';
import { type Head } from '../../journal/journal.types.js';
import { type Clock } from '../clock.js';

export interface RecorderOwner {
  epoch: number;
  onLost: () => void;
}

export class Recorder implements Head {
  private lastTime: number;
  private lastStamp: string;
  startedAt: number | null;
  finishedAt: number | null = null;
  /** Characters of JSON of all events so far. */
  logLength: number;

  constructor(
    private readonly journal: Journal,
    private readonly clock: Clock,
    private readonly meter: ProgressMeter,
    /** The state after what the log holds already; brought on with every event. */
    readonly state: ExecutionState,
    private readonly owner: RecorderOwner,
    lastTimestamp?: string,
    logLength = 0,
  ) {
    this.logLength = logLength;
    this.startedAt = state.startedAt === null ? null : Date.parse(state.startedAt);
    // Not before it was created either: one that waits in the queue may wait while the clock is set.
    this.lastStamp = lastTimestamp ?? state.createdAt;
    this.lastTime = Date.parse(this.lastStamp);
  }

  get status(): ExecutionStatus {
    return this.state.status;
  }

  get progress(): number {
    return this.state.progress;
  }

  get error(): ErrorInfo | null {
    return this.state.error;
  }

  record(draft: EventDraft): void {
    const { state } = this;
    const event = {
      seq: state.lastSeq + 1,
      type: draft.type,
      executionId: state.id,
      workflow: state.workflow,
      sessionId: state.sessionId ?? undefined,
      timestamp: this.timestamp(),
      progress: this.meter.apply(draft),
      message: draft.message,
      step: draft.step,
      data: draft.data,
    } as ExecutionEvent;
    applyEvent(state, event);
    if (event.type === 'workflow_started') this.startedAt = this.lastTime;
    else if (TERMINAL_TYPES.has(event.type)) this.finishedAt = this.lastTime;
    const json = JSON.stringify(event);
    this.logLength += json.length;
    this.journal.append(state.id, this.owner.epoch, new RecordedEvent(event.seq, event.type, json, event, draft.about), this, this.owner.onLost);
  }

  /** Never before the event before, even where the clock was set back. */
  private timestamp(): string {
    const now = this.clock.now();
    if (now > this.lastTime) {
      this.lastTime = now;
      this.lastStamp = new Date(now).toISOString();
    }
    return this.lastStamp;
  }
}
