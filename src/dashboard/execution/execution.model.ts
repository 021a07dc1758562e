/**
 * All that the page knows of one execution: its whole log, and what the views need that is made of it as it comes. The state of
 * each frame is the client's (`ExecutionStore`).
 */
import { ExecutionStore } from '../../client/execution.store.js';
import { type StepcastClient } from '../../client/stepcast.client.js';
import { type ExecutionEvent } from '../../contract/events.js';
import { type JsonValue } from '../../contract/json.js';
import { type PlannedStage, type WorkflowPlan } from '../../contract/plan.js';
import { type ClockSkew } from '../app/clock.skew.js';
import { Holds } from './holds.js';
import { Replay } from './replay.js';
import { Timeline } from './timeline/timeline.js';

/** What of a step no state tells, as only some events say it. */
export interface StepNote {
  /** Seq from which it holds. */
  seq: number;
  text: string;
}

export class ExecutionModel {
  readonly store: ExecutionStore;
  /** The log from its first event on. The array stays; it grows. */
  readonly events: ExecutionEvent[] = [];
  readonly timeline = new Timeline();
  readonly holds = new Holds();
  readonly replay = new Replay(this.events);
  input: JsonValue | undefined;
  plan: WorkflowPlan | undefined;
  traceId: string | undefined;
  cancelReason: string | undefined;
  private readonly stages = new Map<string, PlannedStage>();
  private readonly notes = new Map<string, StepNote>();

  constructor(client: StepcastClient, private readonly clock: ClockSkew, readonly id: string) {
    // The log is kept here, and once.
    this.store = new ExecutionStore(client, id, { maxEvents: 0, onEvent: (event) => this.take(event) });
  }

  /** The time of the service, for a time of here; no earlier than that of the latest event. */
  serviceTime(now: number): number {
    return Math.max(this.timeline.endMs, now - this.clock.aheadMs);
  }

  /** Who does a step, and what, where its workflow has a plan. */
  stageOf(stepName: string): PlannedStage | undefined {
    return this.stages.get(stepName);
  }

  /** What a step has said of its progress last. */
  noteOf(stepId: string, seq: number): string | undefined {
    const note = this.notes.get(stepId);
    return note && note.seq <= seq ? note.text : undefined;
  }

  private take(event: ExecutionEvent): void {
    this.events.push(event);
    this.timeline.apply(event);
    this.holds.apply(event);
    if (event.type === 'workflow_started') {
      const { input, plan, traceId } = event.data;
      Object.assign(this, { input, plan, traceId });
      for (const stage of plan?.stages ?? []) this.stages.set(stage.step, stage);
    } else if (event.type === 'workflow_cancelled') {
      this.cancelReason = event.data.reason;
    } else if (event.type === 'step_progress' && event.message !== undefined) {
      this.notes.set(event.step.id, { seq: event.seq, text: event.message });
    }
  }
}
