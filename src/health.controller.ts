import { Controller, Get, Res } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ApiOkResponse, ApiOperation, ApiServiceUnavailableResponse } from '@nestjs/swagger';
import { Journal } from './journal/journal.js';

/** Open to all. */
const PUBLIC = { tags: ['health'], security: [] };

/** A health answer with this status. */
const health = (description: string, example: { status: string; reason?: string }) => ({
  description,
  schema: {
    type: 'object', additionalProperties: false, required: Object.keys(example),
    properties: { status: { type: 'string', enum: [example.status] }, ...('reason' in example ? { reason: { type: 'string', description: 'Why, and what helps.' } } : {}) },
  },
  example,
});

/** For those that watch the process and route to it; needs no user. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly journal: Journal,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  @Get('live')
  @ApiOperation({ ...PUBLIC, operationId: 'checkLive', summary: 'Whether the process runs', description: 'Where this does not answer, restart it.' })
  @ApiOkResponse(health('It runs.', { status: 'ok' }))
  live(): object {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({ ...PUBLIC, operationId: 'checkReady', summary: 'Whether the service takes new executions', description: 'It does while its journal can be written.' })
  @ApiOkResponse(health('It does.', { status: 'ok' }))
  @ApiServiceUnavailableResponse(health('It does not.', { status: 'unavailable', reason: 'data/stepcast.db: database or disk is full: the disk is full; free some space' }))
  ready(@Res() response: object): void {
    const { ready, reason } = this.journal.health$.value;
    this.adapterHost.httpAdapter.reply(response, ready ? { status: 'ok' } : { status: 'unavailable', reason }, ready ? 200 : 503);
  }
}
