import { type EventType } from '../../contract/events.js';
import { type EventBatch, type RecordedEvent } from '../../journal/event-batch.js';

const NONE: readonly RecordedEvent[] = [];

/** Which events a subscriber wants. */
export class EventFilter {
  private readonly types: ReadonlySet<EventType> | undefined;
  private readonly workflows: ReadonlySet<string> | undefined;

  constructor({ types, workflows }: { types?: readonly EventType[]; workflows?: readonly string[] }) {
    this.types = types && new Set(types);
    this.workflows = workflows && new Set(workflows);
  }

  select({ events }: EventBatch): readonly RecordedEvent[] {
    const { types, workflows } = this;
    const wanted = types ? events.filter(({ type }) => types.has(type)) : events;
    const [first] = wanted;
    // A batch is of one execution, and so of one workflow.
    return first && (!workflows || workflows.has(first.event.workflow)) ? wanted : NONE;
  }
}
