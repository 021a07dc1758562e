import { Body, Controller, HttpCode, Param, Post, Req, Res, UseFilters } from '@nestjs/common';
import { CurrentUser } from '../../auth/auth.decorators.js';
import { type Principal } from '../../auth/principal.js';
import { requireScope } from '../../auth/scopes.js';
import { StepcastError } from '../../contract/errors.js';
import { type JsonObject } from '../../contract/json.js';
import { FINISHED_STATUSES } from '../../contract/state.js';
import { Journal } from '../../journal/journal.js';
import { type ExecutionRecord } from '../../journal/journal.types.js';
import { ExecutionService } from '../../orchestration/execution.service.js';
import { stateBefore } from '../../orchestration/state-before.js';
import { WorkflowCatalog } from '../../orchestration/workflow.catalog.js';
import { type HttpAnswer } from '../../rate-limit/rate-limit.headers.js';
import { AuditLog } from '../audit.log.js';
import { findAccessible } from '../guards/execution-access.guard.js';
import { ForUsers } from '../guards/route.guards.js';
import { ShapePipe } from '../http/body.pipe.js';
import { type HttpRequest } from '../http/http.types.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { type Opened, StartResponder } from '../http/start.responder.js';
import { AgUiEncoder } from '../protocols/ag-ui/ag-ui.encoder.js';
import { conversationOfRun, parseRun, type Resume, type RunInput } from '../protocols/ag-ui/run.input.js';
import { inputOf } from '../protocols/conversation/workflow.input.js';
import { executionAsking } from '../protocols/narration/question.js';
import { readNarration } from '../protocols/narration/read-narration.js';
import { viewOf } from '../sse/frames.js';
import { type StreamRequest } from '../sse/stream.request.js';
import { StreamingService } from '../sse/streaming.service.js';
import { answerAll, unlessTooLate } from './question.answers.js';
import { startOptions } from './workflows.controller.js';

const ASKED: StreamRequest = { start: { at: 'first' }, view: viewOf(true), heartbeat: 'comment', protocol: { name: 'ag-ui' } };

/** Workflows as agents, for clients of AG-UI: what `HttpAgent` sends and expects. */
@Controller('ag-ui')
@UseFilters(ProblemFilter)
export class AgUiController {
  constructor(
    private readonly journal: Journal,
    private readonly catalog: WorkflowCatalog,
    private readonly executions: ExecutionService,
    private readonly responder: StartResponder,
    private readonly streaming: StreamingService,
    private readonly audit: AuditLog,
  ) {}

  @Post(':name')
  @HttpCode(200)
  @ForUsers('workflows:run')
  async run(
    @Param('name') workflow: string, @Body(ShapePipe) body: JsonObject, @CurrentUser() principal: Principal,
    @Req() request: HttpRequest, @Res() response: HttpAnswer,
  ): Promise<void> {
    requireScope(principal, 'executions:read');
    const run = parseRun(body);
    const open = run.resume.length > 0 ? () => this.goOn(workflow, run, principal, request) : await this.prepare(workflow, run, principal, request, response);
    await this.responder.stream(response, principal, ASKED, open);
  }

  /** A new execution, with the thread as its session; or, where the run was started before, that one, from where it is. */
  private async prepare(workflow: string, run: RunInput, principal: Principal, request: HttpRequest, response: HttpAnswer): Promise<() => Promise<Opened>> {
    const { definition } = await this.catalog.find(workflow, principal.user);
    const input = run.input === undefined ? inputOf(definition, conversationOfRun(run)) : run.input;
    const options = {
      ...startOptions({ sessionId: run.threadId }, principal, request),
      // With blanks in it, so that no header gives the same one. A client that comes back sends what it has received meanwhile
      // along, so that its input differs: it is the run that is the same.
      idempotencyKey: `ag-ui run ${JSON.stringify([run.threadId, run.runId])}`, idempotencyBody: run.runId,
    };
    return async () => {
      const start = () => this.executions.start(workflow, input, options).catch((error: unknown) => {
        throw error instanceof StepcastError && error.code === 'idempotency_conflict' ? ofAnotherWorkflow(run) : error;
      });
      const { record } = await this.responder.start(principal, response, () => this.audit.start(request, start));
      return this.follow(record, run, principal);
    };
  }

  /** The execution that was interrupted, with the answers, from where it is. */
  private async goOn(workflow: string, run: RunInput, principal: Principal, request: HttpRequest): Promise<Opened> {
    const record = await findAccessible(this.journal, principal, askedBy(run.resume));
    if (record.workflow !== workflow) throw new StepcastError('not_found', `there is no execution ${record.id} of ${workflow}`);
    if (!FINISHED_STATUSES.has(record.status)) await this.answer(record, run.resume, principal, request);
    return this.follow(await this.executions.get(record.id), run, principal);
  }

  private async answer(record: ExecutionRecord, resume: readonly Resume[], principal: Principal, request: HttpRequest): Promise<void> {
    const { id } = record;
    const { asks } = await readNarration(this.journal, record);
    const open = new Map([...asks.values()].map((ask) => [ask.id, ask.step]));
    const answers = resume.flatMap(({ interruptId, status, payload }) => {
      const step = open.get(interruptId);
      return step === undefined ? [] : [{ step, status, value: payload }];
    });
    if (answers.some(({ status }) => status === 'cancelled')) {
      requireScope(principal, 'executions:cancel');
      if (await unlessTooLate(() => this.executions.cancel(id, 'a question was cancelled'))) this.audit.accepted('cancel', request, { execution: id });
      return;
    }
    if ((await answerAll(this.executions, id, answers)) > 0) this.audit.accepted('input', request, { execution: id });
  }

  private follow(record: ExecutionRecord, run: RunInput, principal: Principal): Opened {
    const { threadId, runId, messages, state } = run;
    const encoder = new AgUiEncoder(stateBefore(record), { threadId, runId, messages, state });
    return (gate) => this.streaming.translated(record, { encoder, skip: record.lastSeq }, principal, gate);
  }
}

function ofAnotherWorkflow({ threadId, runId }: RunInput): StepcastError {
  const message = 'is that of a run of another workflow; give a new one to each run';
  return new StepcastError('idempotency_conflict', `runId ${runId} of thread ${threadId} ${message}`, { faults: [{ path: '/runId', message }] });
}

/** The execution that all of the answers are for. @throws StepcastError `invalid_request` */
function askedBy(resume: readonly Resume[]): string {
  const ids = new Set(resume.map(({ interruptId }) => executionAsking(interruptId)));
  const [id] = ids;
  if (ids.size === 1 && id !== undefined) return id;
  const message = 'must answer interrupts of one execution, by the ids that they were told with';
  throw new StepcastError('invalid_request', `resume ${message}`, { faults: [{ path: '/resume', message }] });
}
