import { type EventType, type ExecutionEvent, TERMINAL_TYPES } from '../contract/events.js';

/**
 * An event with the one JSON text that was made of it: the text is what the journal stores and what readers are
 * sent. `event` is parsed from it only when a reader in this process asks and the event was read back.
 */
export class RecordedEvent {
  private parsed: ExecutionEvent | undefined;

  /**
   * @param about What the event is about, where its text does not say: the agent of a step that ends, the tool of a result.
   * For who counts in this process; an event that was read back has none.
   */
  constructor(readonly seq: number, readonly type: EventType, readonly json: string, event?: ExecutionEvent, readonly about?: string) {
    this.parsed = event;
  }

  get event(): ExecutionEvent {
    return (this.parsed ??= JSON.parse(this.json) as ExecutionEvent);
  }
}

/**
 * Consecutive events of one execution, at least one: what it gave in one turn of the loop, or a page of its past.
 * All readers of a turn get the same object, so that the edge can encode it once and share the bytes.
 */
export class EventBatch {
  private forms: Map<string, object> | undefined;

  /** @param recordedAt When the first of them was recorded (`performance.now()`), where that was just now and in this process. */
  constructor(readonly executionId: string, readonly events: readonly RecordedEvent[], readonly recordedAt?: number) {}

  /** What the streaming edge has made of this batch, by the form of its frames. */
  get encoded(): Map<string, object> {
    return (this.forms ??= new Map());
  }

  get firstSeq(): number {
    return (this.events[0] as RecordedEvent).seq;
  }

  get lastSeq(): number {
    return (this.events[this.events.length - 1] as RecordedEvent).seq;
  }

  /** Whether the execution's log ends with this batch. */
  get terminal(): boolean {
    return TERMINAL_TYPES.has((this.events[this.events.length - 1] as RecordedEvent).type);
  }

  /** The events after `seq`; itself where that is all of them. */
  after(seq: number): EventBatch {
    return seq < this.firstSeq ? this : new EventBatch(this.executionId, this.events.slice(seq - this.firstSeq + 1), this.recordedAt);
  }
}
