import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { ReplaySubject } from 'rxjs';

/**
 * Ends all streams when the application shuts down: after the engine has told its last events, before the server waits
 * for its connections, which open streams would keep for ever (P16).
 */
@Injectable()
export class StreamShutdown implements BeforeApplicationShutdown {
  /** Replayed: a stream that is being opened when it begins ends too. */
  readonly begun$ = new ReplaySubject<void>(1);
  begun = false;

  beforeApplicationShutdown(): void {
    this.begun = true;
    this.begun$.next();
  }
}
