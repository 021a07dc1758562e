import { applyDecorators, Controller, Get, Req, Res, UseFilters, UseGuards } from '@nestjs/common';
import { AllowTicket, CurrentUser } from '../../auth/auth.decorators.js';
import { AuthGuard } from '../../auth/auth.guard.js';
import { type Principal } from '../../auth/principal.js';
import { RequireScope, ScopeGuard } from '../../auth/scope.guard.js';
import { AuthenticationLimitGuard } from '../../rate-limit/authentication-limit.guard.js';
import { RateLimitGuard } from '../../rate-limit/rate-limit.guard.js';
import { type AuditedRequest } from '../audit.log.js';
import { ApiHeadersGuard } from '../guards/api-headers.guard.js';
import { TicketGuard } from '../guards/ticket.guard.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { HandshakeGuard, OriginGuard, TicketHandshakeGuard } from './handshake.guard.js';
import { SocketServer } from './socket.server.js';
import { SocketSlotGuard } from './socket.slot.guard.js';
import { SOCKET_PATH } from './upgrade.door.js';

/** A WebSocket, for users, by ticket too. */
const ForSockets = () =>
  applyDecorators(AllowTicket(), RequireScope('executions:read'), UseGuards(ApiHeadersGuard, AuthenticationLimitGuard, OriginGuard, AuthGuard, TicketHandshakeGuard, TicketGuard, RateLimitGuard, ScopeGuard, HandshakeGuard, SocketSlotGuard));

/** Streams, cancels and answers over one WebSocket. */
@Controller()
@UseFilters(ProblemFilter)
export class SocketController {
  constructor(private readonly sockets: SocketServer) {}

  @Get(SOCKET_PATH)
  @ForSockets()
  async open(@Req() request: AuditedRequest & object, @Res() response: Parameters<SocketServer['accept']>[1], @CurrentUser() principal: Principal): Promise<void> {
    await this.sockets.accept(request, response, principal);
  }
}
