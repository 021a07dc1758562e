import { Body, Controller, Get, Header, HttpCode, Post, Query, Req, Res, UseFilters } from '@nestjs/common';
import { CurrentUser } from '../../auth/auth.decorators.js';
import { isAdmin, type Principal } from '../../auth/principal.js';
import { TicketStore } from '../../auth/ticket.store.js';
import { type ExecutionDefinition } from '../../contract/api.js';
import { type JsonObject, type JsonValue } from '../../contract/json.js';
import { type ExecutionState } from '../../contract/state.js';
import { Journal } from '../../journal/journal.js';
import { type ExecutionRecord } from '../../journal/journal.types.js';
import { ExecutionService } from '../../orchestration/execution.service.js';
import { WorkflowCatalog } from '../../orchestration/workflow.catalog.js';
import { AuditLog } from '../audit.log.js';
import { type CancelBody, type InputBody, type RunBody } from '../dto/bodies.js';
import { type HttpAnswer } from '../../rate-limit/rate-limit.headers.js';
import { ForOwner, ForUsers } from '../guards/route.guards.js';
import { assertEmpty, BodyPipe } from '../http/body.pipe.js';
import { type HttpRequest } from '../http/http.types.js';
import { Links } from '../http/links.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { encodeListCursor, parseList, parsePage } from '../http/query.js';
import { StartResponder } from '../http/start.responder.js';
import { startOptions } from './workflows.controller.js';

/** Characters after which a page of events ends, whatever its limit: a thousand events may be larger than a process can hold. */
const MAX_PAGE_LENGTH = 8 * 1024 * 1024;

/** Executions: start one of a definition in the body, list, look at, cancel and answer one's own. */
@Controller()
@UseFilters(ProblemFilter)
export class ExecutionsController {
  constructor(
    private readonly journal: Journal,
    private readonly catalog: WorkflowCatalog,
    private readonly executions: ExecutionService,
    private readonly tickets: TicketStore,
    private readonly links: Links,
    private readonly responder: StartResponder,
    private readonly audit: AuditLog,
  ) {}

  @Post('executions')
  @ForUsers('workflows:run')
  async run(@Body(new BodyPipe('RunBody')) body: RunBody, @CurrentUser() principal: Principal, @Req() request: HttpRequest, @Res() response: HttpAnswer): Promise<void> {
    const options = startOptions(body, principal, request);
    const definition = this.catalog.parse(body.workflow, '/workflow', principal.user);
    await this.responder.respond(request, response, principal, () => this.audit.start(request, () => this.executions.start(definition, body.input ?? null, options)));
  }

  @Get('executions')
  @ForUsers('executions:read')
  async list(@Query() query: HttpRequest['query'], @CurrentUser() principal: Principal): Promise<object> {
    const { limit, ...filters } = parseList(query);
    const owner = isAdmin(principal) ? {} : { user: principal.user };
    const records = await this.journal.list({ ...filters, ...owner, limit: limit + 1 });
    const page = records.slice(0, limit);
    const last = page.at(-1);
    const places = this.executions.queuePositions(page.map(({ id }) => id));
    return {
      executions: page.map((record) => ({ ...summaryOf(record, places.get(record.id) ?? null), ...(isAdmin(principal) ? { user: record.user } : {}) })),
      nextCursor: last && records.length > limit ? encodeListCursor(last.ordinal) : null,
    };
  }

  @Get('executions/:id')
  @ForOwner('executions:read')
  async status(@Req() request: HttpRequest): Promise<ExecutionState> {
    return this.executions.status((request.execution as ExecutionRecord).id);
  }

  @Get('executions/:id/definition')
  @ForOwner('executions:read')
  async definition(@Req() request: HttpRequest): Promise<ExecutionDefinition> {
    return this.executions.definition((request.execution as ExecutionRecord).id);
  }

  /** The stored texts go out as they are: the page holds what the stream would have sent, byte for byte. */
  @Get('executions/:id/events')
  @Header('Content-Type', 'application/json; charset=utf-8')
  @ForOwner('executions:read')
  async events(@Req() request: HttpRequest): Promise<string> {
    const { id, lastSeq } = request.execution as ExecutionRecord;
    const { after, limit } = parsePage(request.query, lastSeq);
    const batch = await this.journal.read(id, after, { limit, maxLength: MAX_PAGE_LENGTH });
    const record = await this.executions.get(id);
    const reached = batch?.lastSeq ?? after;
    const terminal = record.finishedAt !== null && reached >= record.lastSeq;
    const events = batch?.events.map(({ json }) => json).join(',') ?? '';
    return `{"events":[${events}],"lastSeq":${record.lastSeq},"terminal":${terminal}}`;
  }

  @Post('executions/:id/cancel')
  @HttpCode(202)
  @ForOwner('executions:cancel')
  async cancel(@Body(new BodyPipe('CancelBody')) { reason }: CancelBody, @Req() request: HttpRequest): Promise<object> {
    const { id } = request.execution as ExecutionRecord;
    await this.executions.cancel(id, reason ?? undefined);
    this.audit.accepted('cancel', request, { execution: id });
    return this.links.started({ id, status: 'cancelled' });
  }

  @Post('executions/:id/input')
  @HttpCode(202)
  @ForOwner('workflows:run')
  async answer(@Body(new BodyPipe('InputBody')) { stepId, value }: InputBody, @Req() request: HttpRequest): Promise<object> {
    const { id } = request.execution as ExecutionRecord;
    await this.executions.answer(id, stepId ?? undefined, value);
    this.audit.accepted('input', request, { execution: id });
    return this.links.started({ id, status: (await this.executions.status(id)).status });
  }

  @Post('executions/:id/tickets')
  @ForOwner('executions:read')
  async ticket(@Req() request: HttpRequest, @CurrentUser() principal: Principal): Promise<object> {
    assertEmpty(request.body);
    const { id } = request.execution as ExecutionRecord;
    const ticket = await this.issue(principal, { executionId: id }, this.links.started({ id, status: 'running' }).streamUrl);
    this.audit.accepted('ticket', request, { execution: id });
    return ticket;
  }

  @Post('tickets')
  @ForUsers('executions:read')
  async ticketForAll(@Req() request: HttpRequest, @CurrentUser() principal: Principal): Promise<object> {
    assertEmpty(request.body);
    const ticket = await this.issue(principal, { all: true }, this.links.url('stream'));
    this.audit.accepted('ticket', request);
    return ticket;
  }

  private async issue(principal: Principal, scope: Parameters<TicketStore['issue']>[0]['scope'], url: string): Promise<JsonObject> {
    const { ticket, expiresAt } = await this.tickets.issue({ principal, scope });
    return { ticket, expiresAt: new Date(expiresAt).toISOString(), streamUrl: `${url}?ticket=${encodeURIComponent(ticket)}` };
  }
}

function summaryOf(record: ExecutionRecord, queuePosition: number | null): JsonObject {
  const time = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
  return {
    id: record.id, workflow: record.workflow, sessionId: record.sessionId, status: record.status, queuePosition, progress: record.progress,
    error: record.error as JsonValue, createdAt: time(record.createdAt), startedAt: time(record.startedAt),
    finishedAt: time(record.finishedAt), lastSeq: record.lastSeq,
  };
}
