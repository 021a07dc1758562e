/** A row of events: their JSON texts, a line each, which JSON itself never has a line break in (RFC 8259, section 7). */
import { type EventType } from '../../contract/events.js';
import { RecordedEvent } from '../event-batch.js';

export interface BatchRow {
  id: number;
  execution: number;
  last_seq: number;
  /** One type where all events are of it, as most often; else the type of each. */
  types: string;
  body: string;
}

export function typesOf(events: readonly RecordedEvent[]): string {
  const { type } = events[0] as RecordedEvent;
  return events.every((event) => event.type === type) ? type : events.map((event) => event.type).join();
}

export function bodyOf(events: readonly RecordedEvent[]): string {
  return events.length === 1 ? (events[0] as RecordedEvent).json : events.map(({ json }) => json).join('\n');
}

/** The events of the row after `after`. */
export function eventsOf({ last_seq: lastSeq, types, body }: Omit<BatchRow, 'id' | 'execution'>, after: number): RecordedEvent[] {
  const texts = body.split('\n');
  const each = types.split(',') as EventType[];
  const events: RecordedEvent[] = [];
  const firstSeq = lastSeq - texts.length + 1;
  for (let i = Math.max(0, after + 1 - firstSeq); i < texts.length; i++) {
    events.push(new RecordedEvent(firstSeq + i, (each[i] ?? each[0]) as EventType, texts[i] as string));
  }
  return events;
}

/**
 * Rows with events after `after`, as ranges of ids that follow one another.
 * @param batches Ids of rows, each with its last event behind it.
 */
export function* runsOf(batches: readonly number[], after: number): Iterable<[first: number, last: number]> {
  for (let i = 0; i < batches.length; i += 2) {
    if ((batches[i + 1] as number) <= after) continue;
    const first = batches[i] as number;
    while (batches[i + 2] === (batches[i] as number) + 1) i += 2;
    yield [first, batches[i] as number];
  }
}
