import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';

/**
 * Ends all streams when the application shuts down: after the engine has told its last events, before the server waits
 * for its connections, which open streams would keep for ever (P16).
 */
@Injectable()
export class StreamShutdown implements BeforeApplicationShutdown {
  begun = false;
  /** What ends the streams that are open. */
  readonly ends = new Set<() => void>();

  beforeApplicationShutdown(): void {
    this.begun = true;
    for (const end of this.ends) end();
  }
}
