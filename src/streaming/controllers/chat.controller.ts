import { Body, Controller, HttpCode, Param, Post, Req, Res, Sse, UseFilters, UseInterceptors } from '@nestjs/common';
import { type Observable, of } from 'rxjs';
import { CurrentUser } from '../../auth/auth.decorators.js';
import { type Principal } from '../../auth/principal.js';
import { requireScope } from '../../auth/scopes.js';
import { StepcastError } from '../../contract/errors.js';
import { type JsonObject } from '../../contract/json.js';
import { FINISHED_STATUSES } from '../../contract/state.js';
import { Journal } from '../../journal/journal.js';
import { type ExecutionRecord, type ReadyGate } from '../../journal/journal.types.js';
import { ExecutionService } from '../../orchestration/execution.service.js';
import { stateBefore } from '../../orchestration/state-before.js';
import { WorkflowCatalog } from '../../orchestration/workflow.catalog.js';
import { type HttpAnswer } from '../../rate-limit/rate-limit.headers.js';
import { AuditLog } from '../audit.log.js';
import { findAccessible } from '../guards/execution-access.guard.js';
import { ForChats, ForUsers } from '../guards/route.guards.js';
import { ShapePipe } from '../http/body.pipe.js';
import { type HttpRequest } from '../http/http.types.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { type Opened, StartResponder } from '../http/start.responder.js';
import { AiSdkEncoder } from '../protocols/ai-sdk/ai-sdk.encoder.js';
import { answersIn, type ChatRequest, continued, conversationOfChat, knownOf, parseChat } from '../protocols/ai-sdk/chat.request.js';
import { inputOf } from '../protocols/conversation/workflow.input.js';
import { readNarration } from '../protocols/narration/read-narration.js';
import { type AiSdkVersion, parseVersion } from '../protocols/protocol.request.js';
import { Gate } from '../sse/drain.gate.js';
import { type StreamItem } from '../sse/frames.js';
import { HeartbeatInterceptor } from '../sse/heartbeat.interceptor.js';
import { single, type StreamRequest } from '../sse/stream.request.js';
import { StreamingService } from '../sse/streaming.service.js';
import { chatStream } from '../guards/chat-stream.guard.js';
import { answerAll } from './question.answers.js';
import { startOptions } from './workflows.controller.js';

/** Workflows as chats, for clients of the AI SDK: what `DefaultChatTransport` sends and expects. */
@Controller('chat')
@UseFilters(ProblemFilter)
export class ChatController {
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
  async chat(
    @Param('name') workflow: string, @Body(ShapePipe) body: JsonObject, @CurrentUser() principal: Principal,
    @Req() request: HttpRequest, @Res() response: HttpAnswer,
  ): Promise<void> {
    requireScope(principal, 'executions:read');
    const asked = chatStream(parseVersion(single(request.query, 'version')));
    const chat = parseChat(body);
    const last = continued(chat);
    const open = last ? () => this.goOn(workflow, last, asked.protocol.version, principal, request) : await this.prepare(workflow, chat, asked, principal, request, response);
    await this.responder.stream(response, principal, asked, open);
  }

  @Sse(':name/:id/stream')
  @UseInterceptors(HeartbeatInterceptor)
  @ForChats()
  resume(@Req() request: HttpRequest, @CurrentUser() principal: Principal, @Gate() gate: ReadyGate): Observable<Observable<StreamItem>> {
    return of(this.streaming.execution(request.execution as ExecutionRecord, request.streamRequest as StreamRequest, principal, gate));
  }

  /** A new execution, with the chat as its session. */
  private async prepare(workflow: string, chat: ChatRequest, asked: StreamRequest, principal: Principal, request: HttpRequest, response: HttpAnswer): Promise<() => Promise<Opened>> {
    const { definition } = await this.catalog.find(workflow, principal.user);
    const input = chat.input ?? (chat.input === null ? null : inputOf(definition, conversationOfChat(chat)));
    const options = startOptions({ sessionId: chat.id }, principal, request);
    return async () => {
      const { record } = await this.responder.start(principal, response, () => this.audit.start(request, () => this.executions.start(workflow, input, options)));
      return (gate) => this.streaming.execution(record, asked, principal, gate);
    };
  }

  /** The execution that has asked, with the answers in its message, from where the client's message ends. */
  private async goOn(workflow: string, message: NonNullable<ReturnType<typeof continued>>, version: AiSdkVersion, principal: Principal, request: HttpRequest): Promise<Opened> {
    const record = await findAccessible(this.journal, principal, message.id);
    if (record.workflow !== workflow) throw new StepcastError('not_found', `there is no execution ${message.id} of ${workflow}`);
    if (!FINISHED_STATUSES.has(record.status)) {
      const { asks } = await readNarration(this.journal, record);
      const taken = await answerAll(this.executions, record.id, answersIn(message, asks.values()));
      if (taken > 0) this.audit.accepted('input', request, { execution: record.id });
    }
    const now = await this.executions.get(record.id);
    const encoder = new AiSdkEncoder(stateBefore(now), version, knownOf(message));
    return (gate) => this.streaming.translated(now, { encoder, skip: now.lastSeq }, principal, gate);
  }
}
