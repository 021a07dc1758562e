import { applyDecorators, UseGuards } from '@nestjs/common';
import { AllowTicket } from '../../auth/auth.decorators.js';
import { AuthGuard } from '../../auth/auth.guard.js';
import { AuthenticationLimitGuard } from '../../rate-limit/authentication-limit.guard.js';
import { RateLimitGuard } from '../../rate-limit/rate-limit.guard.js';
import { OwnResponseGuard } from '../sse/response.owner.js';
import { ExecutionAccessGuard } from './execution-access.guard.js';
import { JsonBodyGuard } from './json-body.guard.js';
import { SeveralAccessGuard } from './several-access.guard.js';
import { TicketGuard } from './ticket.guard.js';
import { StreamRequestGuard, StreamSlotGuard } from './stream.guard.js';

/** A route for users. */
export const ForUsers = () => applyDecorators(UseGuards(AuthenticationLimitGuard, AuthGuard, RateLimitGuard, JsonBodyGuard));

/** A route for the owner of the execution at `:id`. */
export const ForOwner = () => applyDecorators(UseGuards(AuthenticationLimitGuard, AuthGuard, RateLimitGuard, ExecutionAccessGuard, JsonBodyGuard));

/** The stream of the execution at `:id`, for its owner, by ticket too. */
export const ForStreamOwner = () =>
  applyDecorators(AllowTicket(), UseGuards(AuthenticationLimitGuard, AuthGuard, TicketGuard, RateLimitGuard, ExecutionAccessGuard, StreamRequestGuard, StreamSlotGuard, OwnResponseGuard));

/** A stream of several executions, for their owner, by ticket too. */
export const ForStreamOwners = () =>
  applyDecorators(AllowTicket(), UseGuards(AuthenticationLimitGuard, AuthGuard, TicketGuard, RateLimitGuard, SeveralAccessGuard, StreamSlotGuard, OwnResponseGuard));
