import { Body, Controller, Delete, Get, HttpCode, Param, Post, Req, Res, UseFilters } from '@nestjs/common';
import { CurrentUser } from '../../auth/auth.decorators.js';
import { type Principal } from '../../auth/principal.js';
import { requireScope } from '../../auth/scopes.js';
import { definitionData } from '../../contract/definition.js';
import { type JsonObject } from '../../contract/json.js';
import { ExecutionService } from '../../orchestration/execution.service.js';
import { type StartOptions } from '../../orchestration/execution.types.js';
import { type ListedWorkflow, WorkflowCatalog } from '../../orchestration/workflow.catalog.js';
import { type HttpAnswer } from '../../rate-limit/rate-limit.headers.js';
import { AuditLog } from '../audit.log.js';
import { type StartBody } from '../dto/bodies.js';
import { ForUsers } from '../guards/route.guards.js';
import { BodyPipe, ShapePipe } from '../http/body.pipe.js';
import { type HttpRequest } from '../http/http.types.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { parseIdempotencyKey } from '../http/query.js';
import { acceptsStream, StartResponder } from '../http/start.responder.js';

/** Workflows that can be started: those of the service, and one's own stored definitions. */
@Controller('workflows')
@UseFilters(ProblemFilter)
export class WorkflowsController {
  constructor(
    private readonly catalog: WorkflowCatalog,
    private readonly executions: ExecutionService,
    private readonly responder: StartResponder,
    private readonly audit: AuditLog,
  ) {}

  @Get()
  @ForUsers('workflows:run')
  async list(@CurrentUser() { user }: Principal): Promise<object> {
    return { workflows: (await this.catalog.list(user)).map(summaryOf) };
  }

  @Get(':name')
  @ForUsers('workflows:run')
  async find(@Param('name') name: string, @CurrentUser() { user }: Principal): Promise<object> {
    return detailOf(await this.catalog.find(name, user));
  }

  @Post()
  @ForUsers('workflows:run')
  async store(@Body(ShapePipe) body: object, @CurrentUser() { user }: Principal): Promise<object> {
    return detailOf(await this.catalog.save(user, this.catalog.parse(body, '', user)));
  }

  @Delete(':name')
  @HttpCode(204)
  @ForUsers('workflows:run')
  async remove(@Param('name') name: string, @CurrentUser() { user }: Principal): Promise<void> {
    await this.catalog.delete(user, name);
  }

  @Post(':name/executions')
  @ForUsers('workflows:run')
  async start(
    @Param('name') name: string, @Body(new BodyPipe('StartBody')) body: StartBody, @CurrentUser() principal: Principal,
    @Req() request: HttpRequest, @Res() response: HttpAnswer,
  ): Promise<void> {
    const options = startOptions(body, principal, request);
    await this.responder.respond(request, response, principal, () => this.audit.start(request, () => this.executions.start(name, body.input ?? null, options)));
  }
}

/** What both starts take beside the workflow and its input. @throws StepcastError `invalid_request`, `forbidden` */
export function startOptions({ sessionId }: StartBody, principal: Principal, { headers }: HttpRequest): StartOptions {
  const { user } = principal;
  // Whoever streams it reads it, too.
  if (acceptsStream(headers['accept'])) requireScope(principal, 'executions:read');
  const idempotencyKey = parseIdempotencyKey(headers);
  const { traceparent } = headers;
  return { user, ...(typeof sessionId === 'string' ? { sessionId } : {}), ...(idempotencyKey === undefined ? {} : { idempotencyKey }), ...(typeof traceparent === 'string' ? { traceparent } : {}) };
}

function summaryOf({ definition, origin, createdAt }: ListedWorkflow): JsonObject {
  return {
    name: definition.name, description: definition.description ?? null, inputSchema: definition.inputSchema ?? null,
    origin, createdAt: createdAt === null ? null : new Date(createdAt).toISOString(),
  };
}

function detailOf(workflow: ListedWorkflow): JsonObject {
  return { ...summaryOf(workflow), ...(definitionData(workflow.definition).data as JsonObject) };
}
