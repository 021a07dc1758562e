import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Authenticator } from '../../auth/authenticator.js';
import { hasPrincipal, setPrincipal } from '../../auth/request-principal.js';
import { TicketStore } from '../../auth/ticket.store.js';
import { StepcastError } from '../../contract/errors.js';
import { requestOf } from '../http/http.types.js';
import { single } from '../sse/stream.request.js';

/**
 * On stream routes a ticket stands for the user who asked for it, where no header says who it is. Part of
 * authentication, and so before the rate limit, which takes whatever is refused before it for a failed attempt.
 */
@Injectable()
export class TicketGuard implements CanActivate {
  constructor(
    private readonly tickets: TicketStore,
    private readonly authenticator: Authenticator,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = requestOf(context);
    if (hasPrincipal(request)) return true;
    // What looks at a link before it is followed must not use it up.
    if (request.method === 'HEAD') throw new StepcastError('unauthenticated', 'a ticket is good for GET alone; with HEAD send a key or a token');
    const executionId = request.params['id'];
    const principal = await this.tickets.redeem(single(request.query, 'ticket') ?? '', executionId === undefined ? { all: true } : { executionId });
    if (!(await this.authenticator.isStillValid(principal))) {
      throw new StepcastError('unauthenticated', 'the credential that this ticket was made with is void; authenticate anew');
    }
    setPrincipal(request, principal);
    return true;
  }
}
