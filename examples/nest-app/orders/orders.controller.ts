/** The app's own face of the workflow. Stepcast's routes under `/api/v1` are there beside it, for the same users. */
import {
  Body, Controller, Delete, Get, Headers, HttpCode, HttpException, type MessageEvent, Param, Post, Sse, UseFilters, UseGuards,
} from '@nestjs/common';
import { filter, map, type Observable } from 'rxjs';
import {
  agent, type AgentContext, AuthenticationLimitGuard, AuthGuard, CurrentUser, type ExecutionEvent, ExecutionService, type ExecutionState, type JsonValue, type Principal,
  ProblemFilter, RateLimit, RateLimitGuard, sequential, StepcastError,
} from 'stepcast';
import { Catalog } from './catalog.js';
import { type PricedOrder } from './order.types.js';
import { Stocktaking } from './stocktaking.js';

@Controller('orders')
@UseGuards(AuthenticationLimitGuard, AuthGuard, RateLimitGuard)
@UseFilters(ProblemFilter)
export class OrdersController {
  constructor(private readonly executions: ExecutionService, private readonly catalog: Catalog) {}

  /** Answers when the order is in the journal: from here on it is carried out, whatever happens to this process. */
  @Post()
  @HttpCode(202)
  async place(@Body() order: JsonValue, @CurrentUser() { user }: Principal): Promise<{ id: string }> {
    const { record } = await this.executions.start('dispatch', order, { user });
    return { id: record.id };
  }

  /** A price without an order: a workflow built for this one request, functions and all. */
  @RateLimit({ points: 30, seconds: 60 })
  @Post('quote')
  @HttpCode(200)
  async quote(@Body() order: JsonValue, @CurrentUser() { user }: Principal): Promise<JsonValue> {
    const run = await this.executions.executeStreaming(
      () => sequential(
        'quote',
        agent('price', 'order.price'),
        agent('discount', ({ input: { total } }: AgentContext<PricedOrder>) => ({ total: total > 100_000 ? Math.round(total * 0.95) : total })),
      ),
      order,
      { user },
    );
    return run.result().catch((error: StepcastError) => {
      throw new StepcastError('invalid_input', error.message);
    });
  }

  /** A long task: the answer names the execution whose stream tells how far it is. */
  @Post('stocktaking')
  @HttpCode(202)
  async takeStock(@CurrentUser() { user }: Principal): Promise<{ id: string }> {
    const { id } = await this.executions.streamOperation(new Stocktaking(this.catalog), { user });
    return { id };
  }

  @Get(':id')
  async status(@Param('id') id: string, @CurrentUser() principal: Principal): Promise<Pick<ExecutionState, 'status' | 'progress' | 'activeSteps' | 'result'>> {
    await this.own(id, principal);
    const { status, progress, activeSteps, result } = await this.executions.status(id);
    return { status, progress, activeSteps, result };
  }

  /**
   * What the counter shows: a line for each event that has one, and the letter as it is written. The id of each message is
   * the event's, so that a browser that was cut off goes on where it was.
   */
  @Sse(':id/events')
  async events(@Param('id') id: string, @CurrentUser() principal: Principal, @Headers('last-event-id') lastEventId = '0'): Promise<Observable<MessageEvent>> {
    const { lastSeq, finishedAt } = await this.own(id, principal);
    const after = Number(lastEventId);
    if (!/^\d+$/.test(lastEventId) || after > lastSeq) throw new StepcastError('invalid_cursor', 'Last-Event-ID must be an id of this stream');
    // 204 tells an EventSource that there is nothing to come back for.
    if (finishedAt !== null && after >= lastSeq) throw new HttpException('', 204);
    return this.executions.stream(id, after).pipe(
      filter((event) => event.message !== undefined || event.type === 'step_output'),
      map((event) => ({ id: String(event.seq), data: lineOf(event) })),
    );
  }

  @Post(':id/approval')
  @HttpCode(202)
  async approve(@Param('id') id: string, @Body('approved') approved: JsonValue, @CurrentUser() principal: Principal): Promise<void> {
    await this.own(id, principal);
    await this.executions.answer(id, 'release/approve', approved);
  }

  @Delete(':id')
  @HttpCode(204)
  async cancel(@Param('id') id: string, @CurrentUser() principal: Principal): Promise<void> {
    await this.own(id, principal);
    await this.executions.cancel(id, `called off by ${principal.user}`);
  }

  /** The service trusts its caller: whose execution it is, is asked here. */
  private async own(id: string, { user }: Principal) {
    const record = await this.executions.get(id);
    if (record.user !== user) throw new StepcastError('not_found', `there is no execution ${id}`);
    return record;
  }
}

function lineOf(event: ExecutionEvent): object {
  if (event.type === 'step_output') return { text: event.data.delta };
  return { progress: event.progress, line: event.message };
}
