import { Controller, Get, Res } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Journal } from './journal/journal.js';

/** For those that watch the process and route to it; needs no user. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly journal: Journal,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  @Get('live')
  live(): object {
    return { status: 'ok' };
  }

  @Get('ready')
  ready(@Res() response: object): void {
    const { ready, reason } = this.journal.health$.value;
    this.adapterHost.httpAdapter.reply(response, ready ? { status: 'ok' } : { status: 'unavailable', reason }, ready ? 200 : 503);
  }
}
