/**
 * Tickets let a browser's EventSource in, which can send no header: a URL may carry one, because it opens one stream,
 * once, within a minute, and so is worth nothing in a log or a history.
 */
import { randomBytes } from 'node:crypto';
import { StepcastError } from '../contract/errors.js';
import { type Principal } from './principal.js';
import { hashSecret } from './secret-hash.js';

/** What a ticket opens: the stream of one execution, or that of all of one's own. Neither opens the other. */
export type TicketScope = { executionId: string } | { all: true };

export interface IssuedTicket {
  ticket: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
}

export const TICKET_LIFETIME_MS = 60_000;
export const MAX_TICKETS_PER_USER = 1000;

/** Where tickets are kept. This class is the DI token. */
export abstract class TicketStore {
  /**
   * Past 1,000 live tickets of a user their oldest is void.
   * @throws StepcastError `forbidden` where the principal came with a ticket: a ticket cannot widen itself.
   */
  abstract issue(request: { principal: Principal; scope: TicketScope }): Promise<IssuedTicket>;

  /**
   * Uses a ticket up and answers who asked for it, with `method: 'ticket'`. Of several at once, one gets it. One that
   * is shown for another scope stays good for its own. Whether the owner's right still holds is for the
   * authenticator to say (`isStillValid`), here as for any open stream.
   * @throws StepcastError `unauthenticated` where it is unknown, used, expired or for another scope.
   */
  abstract redeem(ticket: string, scope: TicketScope): Promise<Principal>;
}

interface StoredTicket {
  readonly hash: string;
  readonly scope: string;
  /** In ticks: a clock that is set back does not make it live on. */
  readonly validUntil: number;
  readonly principal: Principal;
}

/** Tickets of one process. Nothing is awaited in it, so no two redemptions can interleave. */
export class MemoryTicketStore extends TicketStore {
  // Both in order of issue, which is the order of expiry. Lookup by hash tells nothing by its time: the tickets are
  // random, and who does not hold one cannot work towards its hash.
  private readonly tickets = new Map<string, StoredTicket>();
  private readonly users = new Map<string, Set<StoredTicket>>();
  private readonly now: () => number;
  private readonly ticks: () => number;

  constructor({ now = Date.now, ticks = () => performance.now() }: {
    /** The time, in milliseconds since the epoch. */ now?: () => number; /** Milliseconds of a clock that nobody sets. */ ticks?: () => number;
  } = {}) {
    super();
    this.now = now;
    this.ticks = ticks;
  }

  /** Tickets held, expired ones that were not yet dropped among them. */
  get size(): number {
    return this.tickets.size;
  }

  async issue({ principal, scope }: { principal: Principal; scope: TicketScope }): Promise<IssuedTicket> {
    if (principal.method === 'ticket') {
      throw new StepcastError('forbidden', 'a ticket cannot ask for another; authenticate with a key or a token');
    }
    this.dropExpired();
    const own = this.users.get(principal.user);
    const [oldest] = own ?? [];
    if (oldest && own && own.size >= MAX_TICKETS_PER_USER) this.drop(oldest);
    const ticket = `tkt_${randomBytes(32).toString('base64url')}`;
    const expiresAt = this.now() + TICKET_LIFETIME_MS;
    const bearer: Principal = { ...principal, method: 'ticket', origin: principal.method };
    this.keep({ hash: hashOf(ticket), scope: scopeKey(scope), validUntil: this.ticks() + TICKET_LIFETIME_MS, principal: Object.freeze(bearer) });
    return { ticket, expiresAt };
  }

  async redeem(ticket: string, scope: TicketScope): Promise<Principal> {
    this.dropExpired();
    const stored = typeof ticket === 'string' ? this.tickets.get(hashOf(ticket)) : undefined;
    // One message for all cases: it must not tell a finder of an old URL what the ticket was for.
    if (!stored || stored.validUntil <= this.ticks() || stored.scope !== scopeKey(scope)) {
      throw new StepcastError('unauthenticated', 'the ticket is unknown, used, expired or for another stream; ask for a new one per connection');
    }
    this.drop(stored);
    return stored.principal;
  }

  private keep(stored: StoredTicket): void {
    this.tickets.set(stored.hash, stored);
    const own = this.users.get(stored.principal.user);
    if (own) own.add(stored);
    else this.users.set(stored.principal.user, new Set([stored]));
  }

  private drop(stored: StoredTicket): void {
    this.tickets.delete(stored.hash);
    const own = this.users.get(stored.principal.user);
    own?.delete(stored);
    if (own?.size === 0) this.users.delete(stored.principal.user);
  }

  private dropExpired(): void {
    const now = this.ticks();
    for (const stored of this.tickets.values()) {
      if (stored.validUntil > now) return;
      this.drop(stored);
    }
  }
}

function hashOf(ticket: string): string {
  return hashSecret(ticket).toString('base64');
}

function scopeKey(scope: TicketScope): string {
  return 'all' in scope ? 'all' : `execution:${scope.executionId}`;
}
