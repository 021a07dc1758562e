import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Authenticator } from '../../auth/authenticator.js';
import { canAccess, type Principal } from '../../auth/principal.js';
import { hasPrincipal, principalOf, setPrincipal } from '../../auth/request-principal.js';
import { TicketStore } from '../../auth/ticket.store.js';
import { StepcastError } from '../../contract/errors.js';
import { Journal } from '../../journal/journal.js';
import { type ExecutionRecord } from '../../journal/journal.types.js';
import { type HttpRequest, requestOf } from '../http/http.types.js';
import { single } from '../sse/stream.request.js';

/**
 * Lets owners and admins at `:id`, and leaves its record on the request. What belongs to someone else answers like what
 * does not exist. On stream routes a ticket stands for the user who asked for it.
 */
@Injectable()
export class ExecutionAccessGuard implements CanActivate {
  constructor(
    private readonly journal: Journal,
    private readonly tickets: TicketStore,
    private readonly authenticator: Authenticator,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = requestOf(context);
    const id = request.params['id'] as string;
    await redeemTicket(request, { executionId: id }, this.tickets, this.authenticator);
    request.execution = await findAccessible(this.journal, principalOf(request), id);
    return true;
  }
}

/** The execution, where it is there for this principal. @throws StepcastError `not_found`, `gone` */
export async function findAccessible(journal: Journal, principal: Principal, id: string): Promise<ExecutionRecord> {
  const record = await journal.find(id);
  if (record && canAccess(principal, record.user)) return record;
  const removed = record ? undefined : await journal.findRemoved(id);
  if (removed && canAccess(principal, removed.user)) {
    throw new StepcastError('gone', `execution ${id} has been removed: finished executions are kept for a limited time`);
  }
  throw new StepcastError('not_found', `there is no execution ${id}`);
}

/** Takes `?ticket=` where no header said who it is. @throws StepcastError `unauthenticated` */
export async function redeemTicket(
  request: HttpRequest, scope: { executionId: string } | { all: true }, tickets: TicketStore, authenticator: Authenticator,
): Promise<void> {
  if (hasPrincipal(request)) return;
  const ticket = single(request.query, 'ticket');
  if (ticket === undefined) return;
  const principal = await tickets.redeem(ticket, scope);
  if (!(await authenticator.isStillValid(principal))) {
    throw new StepcastError('unauthenticated', 'the credential that this ticket was made with is void; authenticate anew');
  }
  setPrincipal(request, principal);
}
