import { Injectable } from '@nestjs/common';
import { concatMap, defer, exhaustMap, filter, from, interval, map, merge, type Observable, share, take, timer } from 'rxjs';
import { Authenticator } from '../../auth/authenticator.js';
import { type Principal } from '../../auth/principal.js';

/** Well within the minute of P15. */
const CHECK_MS = 20_000;
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Watches whether those who hold streams open may still do so (P15). */
@Injectable()
export class StreamRights {
  /** One clock for all streams. */
  private readonly checks$ = interval(CHECK_MS).pipe(share());

  constructor(private readonly authenticator: Authenticator) {}

  /** Emits once when the principal's token has expired, or its key was removed. */
  lost(principal: Principal): Observable<void> {
    const { expiresAt } = principal;
    const stillValid = () => defer(() => from(this.authenticator.isStillValid(principal)));
    const checked = this.checks$.pipe(exhaustMap(stillValid), filter((valid) => !valid));
    const expired = expiresAt === undefined
      ? []
      : timer(Math.min(MAX_TIMER_MS, Math.max(0, expiresAt - Date.now()))).pipe(concatMap(stillValid), filter((valid) => !valid));
    return merge(checked, expired).pipe(take(1), map(() => undefined));
  }
}
