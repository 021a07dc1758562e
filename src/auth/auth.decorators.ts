import { createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import { principalOf } from './request-principal.js';

export const ALLOW_TICKET_METADATA = 'stepcast:allow-ticket';

/**
 * Marks a stream route (or a controller of them): `AuthGuard` lets a request with `?ticket=` and no credential in a
 * header pass, with no principal set. A guard after it must redeem the ticket.
 */
export const AllowTicket = () => SetMetadata(ALLOW_TICKET_METADATA, true);

/** The `Principal` of the request, as a parameter of a handler. */
export const CurrentUser = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  principalOf(context.switchToHttp().getRequest<object>()),
);
