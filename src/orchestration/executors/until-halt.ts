import { Observable } from 'rxjs';
import { type CancelScope } from '../run/cancellation.js';

/** The value of `work`, or the halt of the scope, whichever comes first: what a step waits for must not hold a cancel up. */
export function untilHalt<T>(work: () => Promise<T>, cancel: CancelScope): Observable<T> {
  return new Observable((subscriber) => {
    const stop = cancel.onHalt((halt) => subscriber.error(halt));
    if (subscriber.closed) return stop;
    work().then(
      (value) => {
        // What follows from the value may halt the scope, and is itself told so.
        stop();
        subscriber.next(value);
        subscriber.complete();
      },
      (error: unknown) => subscriber.error(error),
    );
    return stop;
  });
}
