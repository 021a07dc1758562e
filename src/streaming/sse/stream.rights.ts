import { Injectable, Logger } from '@nestjs/common';
import { catchError, concatMap, defer, exhaustMap, filter, from, interval, map, merge, type Observable, of, share, take, timeout, timer } from 'rxjs';
import { Authenticator } from '../../auth/authenticator.js';
import { type Principal } from '../../auth/principal.js';
import { StreamingOptions } from '../streaming.options.js';

const MAX_TIMER_MS = 2 ** 31 - 1;

/** Watches whether those who hold streams open may still do so (P15). */
@Injectable()
export class StreamRights {
  private readonly logger = new Logger(StreamRights.name);
  /** One clock for all streams. */
  private readonly checks$: Observable<number>;

  constructor(
    private readonly authenticator: Authenticator,
    private readonly options: StreamingOptions,
  ) {
    this.checks$ = interval(options.rightsCheckMs).pipe(share());
  }

  /** Emits once when the principal's token has expired, its key was removed, or nobody can tell. */
  lost(principal: Principal): Observable<void> {
    const { expiresAt } = principal;
    const stillValid = () => defer(() => from(this.authenticator.isStillValid(principal))).pipe(
      timeout(this.options.rightsCheckMs),
      // Whoever may still read reconnects, and authenticates anew; the promise to the others does not wait.
      catchError((error: unknown) => {
        this.logger.warn(`the rights of ${principal.user} could not be checked, their stream ends: ${error instanceof Error ? error.message : String(error)}`);
        return of(false);
      }),
    );
    const checked = this.checks$.pipe(exhaustMap(stillValid), filter((valid) => !valid));
    const expired = expiresAt === undefined
      ? []
      : timer(Math.min(MAX_TIMER_MS, Math.max(0, expiresAt - Date.now()))).pipe(concatMap(stillValid), filter((valid) => !valid));
    return merge(checked, expired).pipe(take(1), map(() => undefined));
  }
}
