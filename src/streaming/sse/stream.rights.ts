import { Injectable, Logger } from '@nestjs/common';
import { Authenticator } from '../../auth/authenticator.js';
import { type Principal } from '../../auth/principal.js';
import { StreamingOptions } from '../streaming.options.js';
import { StreamEnd } from './stream.end.js';

/** Ends a stream, and says why. */
type End = (why: StreamEnd) => void;

const MAX_TIMER_MS = 2 ** 31 - 1;
const SLACK_MS = 5;

/** The streams that a principal holds open. */
interface Holder {
  readonly ends: Set<End>;
  expiry?: NodeJS.Timeout;
  checking: boolean;
}

/**
 * Watches whether those who hold streams open may still do so (P15). There is one clock for all, and one check for all
 * streams of a principal: an API key has the same one on every request.
 */
@Injectable()
export class StreamRights {
  private readonly logger = new Logger(StreamRights.name);
  private readonly holders = new Map<Principal, Holder>();
  private clock: NodeJS.Timeout | undefined;

  constructor(
    private readonly authenticator: Authenticator,
    private readonly options: StreamingOptions,
  ) {}

  /** Calls `end` when the principal's token has expired, its key was removed, or nobody can tell. */
  watch(principal: Principal, end: End): void {
    const holder = this.holders.get(principal) ?? this.hold(principal);
    holder.ends.add(end);
  }

  unwatch(principal: Principal, end: End): void {
    const holder = this.holders.get(principal);
    if (holder?.ends.delete(end) && holder.ends.size === 0) this.letGo(principal, holder);
  }

  private hold(principal: Principal): Holder {
    const holder: Holder = { ends: new Set(), checking: false };
    this.holders.set(principal, holder);
    if (principal.expiresAt !== undefined) {
      // A little later: a timer may go off before the clock has reached the moment.
      const ms = Math.min(MAX_TIMER_MS, Math.max(0, principal.expiresAt - Date.now()) + SLACK_MS);
      holder.expiry = setTimeout(() => void this.check(principal, holder), ms);
    }
    this.clock ??= setInterval(() => this.checkAll(), this.options.rightsCheckMs);
    return holder;
  }

  private letGo(principal: Principal, { expiry }: Holder): void {
    clearTimeout(expiry);
    this.holders.delete(principal);
    if (this.holders.size > 0) return;
    clearInterval(this.clock);
    this.clock = undefined;
  }

  /** Does so by itself every now and then; to be called where rights have just been taken away. */
  checkAll(): void {
    for (const [principal, holder] of this.holders) {
      if (holder.checking) continue;
      holder.checking = true;
      void this.check(principal, holder).then(() => (holder.checking = false));
    }
  }

  private async check(principal: Principal, { ends }: Holder): Promise<void> {
    const why = await this.endOf(principal);
    if (why) for (const end of ends) end(why);
  }

  /** Why the principal's streams end, where they do. */
  private async endOf(principal: Principal): Promise<StreamEnd | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error('it took too long')), this.options.rightsCheckMs).unref();
    });
    try {
      const valid = await Promise.race([this.authenticator.isStillValid(principal), tooLate]);
      return valid ? undefined : StreamEnd.lostRight(principal, Date.now());
    } catch (error) {
      // Whoever may still read reconnects, and authenticates anew; the promise to the others does not wait.
      this.logger.warn(`the rights of ${principal.user} could not be checked, their streams end: ${error instanceof Error ? error.message : String(error)}`);
      return StreamEnd.unknownRight();
    } finally {
      clearTimeout(timer);
    }
  }
}
