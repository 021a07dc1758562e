import { Controller, Get, Res } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ApiOkResponse, ApiOperation, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import { Journal } from './journal/journal.js';

const HEALTH = { schema: { type: 'object' as const, required: ['status'], properties: { status: { type: 'string' as const }, reason: { type: 'string' as const } } } };

/** For those that watch the process and route to it; needs no user. */
@ApiTags('health')
@Controller('health')
export class HealthController {
  constructor(
    private readonly journal: Journal,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  @Get('live')
  @ApiOperation({ summary: 'The process runs' })
  @ApiOkResponse(HEALTH)
  live(): object {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({ summary: 'The service takes new executions: its journal can be written' })
  @ApiOkResponse(HEALTH)
  @ApiServiceUnavailableResponse({ description: 'It does not; reason says why', ...HEALTH })
  ready(@Res() response: object): void {
    const { ready, reason } = this.journal.health$.value;
    this.adapterHost.httpAdapter.reply(response, ready ? { status: 'ok' } : { status: 'unavailable', reason }, ready ? 200 : 503);
  }
}
