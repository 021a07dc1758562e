/** Does what is asked for over WebSockets, by the rules of the routes that do the same: limits, scopes, ownership, bodies, audit. */
import { Injectable, Logger } from '@nestjs/common';
import { Authenticator } from '../../auth/authenticator.js';
import { type Principal } from '../../auth/principal.js';
import { requireScope } from '../../auth/scopes.js';
import { StepcastError } from '../../contract/errors.js';
import { Journal } from '../../journal/journal.js';
import { type ExecutionRecord } from '../../journal/journal.types.js';
import { ExecutionService } from '../../orchestration/execution.service.js';
import { RequestLimiter } from '../../rate-limit/request-limiter.js';
import { type AuditAction, type AuditedRequest, AuditLog } from '../audit.log.js';
import { type CancelBody, type InputBody } from '../dto/bodies.js';
import { findAccessible } from '../guards/execution-access.guard.js';
import { BodyPipe } from '../http/body.pipe.js';
import { problemOf, stepcastErrorOf } from '../http/problem.filter.js';
import { checkAll } from '../sse/multi.stream.js';
import { StreamEnd } from '../sse/stream.end.js';
import { type RequestId, type SocketRequest, type SubscribeRequest } from './socket.requests.js';

/** Whose socket it is, and the handshake it was opened with, as the audit tells of it. */
export interface SocketUser {
  principal: Principal;
  handshake: AuditedRequest;
}

const FAULT = 'the message is not what is taken here; see errors';
const ACTIONS: Partial<Record<SocketRequest['type'], AuditAction>> = { cancel: 'cancel', input: 'input' };

@Injectable()
export class SocketDesk {
  private readonly logger = new Logger('Sockets');
  private readonly cancelBody = new BodyPipe('CancelBody', FAULT);
  private readonly inputBody = new BodyPipe('InputBody', FAULT);

  constructor(
    readonly journal: Journal,
    private readonly executions: ExecutionService,
    private readonly requests: RequestLimiter,
    private readonly authenticator: Authenticator,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Before a message is looked at: it counts as a request, and what lets its sender do anything is asked anew, as it is
   * for each request. @throws StepcastError `rate_limited`, `authentication_unavailable`; StreamEnd where the socket may not go on.
   */
  async admit({ principal }: SocketUser): Promise<void> {
    await this.requests.consume(`user:${principal.user}`);
    let isValid: boolean;
    try {
      isValid = await this.authenticator.isStillValid(principal);
    } catch (cause) {
      throw new StepcastError('authentication_unavailable', 'whether you may do this cannot be told at the moment; try again shortly', { cause });
    }
    if (!isValid) throw StreamEnd.lostRight(principal, Date.now());
  }

  /** @throws StepcastError `not_found`, `gone` */
  find({ principal }: SocketUser, executionId: string): Promise<ExecutionRecord> {
    return findAccessible(this.journal, principal, executionId);
  }

  /** @throws StepcastError `invalid_cursor` */
  checkAll({ principal }: SocketUser, request: SubscribeRequest): Promise<void> {
    return checkAll(this.journal, principal.user, request);
  }

  /** @throws StepcastError `forbidden`, `not_found`, `gone`, `invalid_request`, and those of `ExecutionService.cancel`. */
  async cancel(user: SocketUser, executionId: string, body: object): Promise<object> {
    requireScope(user.principal, 'executions:cancel');
    const { id } = await this.find(user, executionId);
    const { reason } = (await this.cancelBody.transform(body)) as CancelBody;
    await this.executions.cancel(id, reason ?? undefined);
    this.audit.accepted('cancel', user.handshake, { execution: id });
    return { type: 'cancelled', executionId: id };
  }

  /** @throws StepcastError `forbidden`, `not_found`, `gone`, `invalid_request`, and those of `ExecutionService.answer`. */
  async input(user: SocketUser, executionId: string, body: object): Promise<object> {
    requireScope(user.principal, 'workflows:run');
    const { id } = await this.find(user, executionId);
    const { stepId, value } = (await this.inputBody.transform(body)) as InputBody;
    await this.executions.answer(id, stepId ?? undefined, value);
    this.audit.accepted('input', user.handshake, { execution: id });
    return { type: 'accepted', executionId: id, status: (await this.executions.status(id)).status };
  }

  /** What is told of a failure: the problem document of the routes, as a message. @param named The execution that a message names which is no request. */
  refusal(thrown: unknown, { handshake }: SocketUser, request?: SocketRequest, named?: string): object {
    const error = stepcastErrorOf(thrown);
    if (error.code === 'internal') this.logger.error(thrown);
    const executionId = executionOf(request) ?? named;
    const isOfAll = request && 'target' in request && 'all' in request.target;
    this.audit.refused(error, handshake, { action: (request && ACTIONS[request.type]) ?? 'request', ...(executionId !== undefined && { execution: executionId.slice(0, 64) }) });
    return { ...errorMessage(error), ...(executionId !== undefined && { executionId }), ...(isOfAll && { all: true }) };
  }
}

export function errorMessage(error: StepcastError): object {
  const { type: _, ...problem } = problemOf(error);
  const { retryAfterSeconds } = error.options;
  return { type: 'error', ...problem, ...(retryAfterSeconds !== undefined && { retryAfter: retryAfterSeconds }) };
}

/** A message, as the answer to a request that had an id. */
export function answerTo(requestId: RequestId | undefined, { type, ...message }: { type?: string } & object): object {
  return { type, ...(requestId !== undefined && { requestId }), ...message };
}

function executionOf(request: SocketRequest | undefined): string | undefined {
  if (!request || request.type === 'ping') return undefined;
  const target = 'target' in request ? request.target : request;
  return 'executionId' in target ? target.executionId : undefined;
}
