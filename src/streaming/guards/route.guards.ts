import { applyDecorators, UseGuards } from '@nestjs/common';
import { AllowTicket } from '../../auth/auth.decorators.js';
import { AuthGuard } from '../../auth/auth.guard.js';
import { RequireScope, ScopeGuard } from '../../auth/scope.guard.js';
import { type Scope } from '../../auth/scopes.js';
import { AuthenticationLimitGuard } from '../../rate-limit/authentication-limit.guard.js';
import { RateLimitGuard } from '../../rate-limit/rate-limit.guard.js';
import { OwnResponseGuard } from '../sse/response.owner.js';
import { AdminGuard } from './admin.guard.js';
import { ApiHeadersGuard } from './api-headers.guard.js';
import { ChatStreamGuard } from './chat-stream.guard.js';
import { ExecutionAccessGuard } from './execution-access.guard.js';
import { JsonBodyGuard } from './json-body.guard.js';
import { SeveralAccessGuard } from './several-access.guard.js';
import { TextAccessGuard } from './text-access.guard.js';
import { TicketGuard } from './ticket.guard.js';
import { StreamRequestGuard, StreamSlotGuard } from './stream.guard.js';

/** A route for users whose credential has the scope. */
export const ForUsers = (scope: Scope) => applyDecorators(RequireScope(scope), UseGuards(ApiHeadersGuard, AuthenticationLimitGuard, AuthGuard, RateLimitGuard, ScopeGuard, JsonBodyGuard));

/** A route for admins. */
export const ForAdmins = () => applyDecorators(UseGuards(ApiHeadersGuard, AuthenticationLimitGuard, AuthGuard, RateLimitGuard, AdminGuard, JsonBodyGuard));

/** A route for the owner of the execution at `:id`. */
export const ForOwner = (scope: Scope) =>
  applyDecorators(RequireScope(scope), UseGuards(ApiHeadersGuard, AuthenticationLimitGuard, AuthGuard, RateLimitGuard, ScopeGuard, ExecutionAccessGuard, JsonBodyGuard));

/** The stream of the execution at `:id`, for its owner, by ticket too. */
export const ForStreamOwner = () =>
  applyDecorators(AllowTicket(), RequireScope('executions:read'), UseGuards(ApiHeadersGuard, AuthenticationLimitGuard, AuthGuard, TicketGuard, RateLimitGuard, ScopeGuard, ExecutionAccessGuard, StreamRequestGuard, TextAccessGuard, StreamSlotGuard, OwnResponseGuard));

/** The stream of what a chat has left running, for its user. */
export const ForChats = () =>
  applyDecorators(RequireScope('executions:read'), UseGuards(ApiHeadersGuard, AuthenticationLimitGuard, AuthGuard, RateLimitGuard, ScopeGuard, ChatStreamGuard, StreamSlotGuard, OwnResponseGuard));

/** A stream of several executions, for their owner, by ticket too. */
export const ForStreamOwners = () =>
  applyDecorators(AllowTicket(), RequireScope('executions:read'), UseGuards(ApiHeadersGuard, AuthenticationLimitGuard, AuthGuard, TicketGuard, RateLimitGuard, ScopeGuard, SeveralAccessGuard, StreamSlotGuard, OwnResponseGuard));
