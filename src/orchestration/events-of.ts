import { Observable } from 'rxjs';
import { type ExecutionEvent } from '../contract/events.js';
import { type EventBatch } from '../journal/event-batch.js';

/** The events of batches one by one: a plain loop, as each of several operators would be gone through once an event. */
export function eventsOf(batches: Observable<EventBatch>): Observable<ExecutionEvent> {
  return new Observable((subscriber) =>
    batches.subscribe({
      next: ({ events }) => {
        for (const recorded of events) {
          if (subscriber.closed) return;
          subscriber.next(recorded.event);
        }
      },
      error: (error: unknown) => subscriber.error(error),
      complete: () => subscriber.complete(),
    }),
  );
}
