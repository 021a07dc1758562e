import { Controller, Get, Header, Logger, type OnModuleDestroy, Res } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { skip, skipWhile, type Subscription } from 'rxjs';
import { Journal } from './journal/journal.js';
import { type JournalHealth } from './journal/journal.types.js';
import { StreamingOptions } from './streaming/streaming.options.js';
import { withoutPaths } from './without-paths.js';

const SHUTTING_DOWN: JournalHealth = { ready: false, reason: 'the service is shutting down' };

/** For those that watch the process and route to it; needs no user, and tells no path: the log does. */
@Controller('health')
export class HealthController implements OnModuleDestroy {
  private readonly logger = new Logger('Health');
  private readonly subscription: Subscription;
  private stopping = false;

  constructor(
    private readonly journal: Journal,
    private readonly adapterHost: HttpAdapterHost,
    private readonly options: StreamingOptions,
  ) {
    // What is wrong from the start on is told by who opens the journal.
    this.subscription = this.journal.health$.pipe(skipWhile(({ ready }) => !ready), skip(1)).subscribe(({ ready, reason }) => {
      if (ready) this.logger.log('ready again');
      else this.logger.error(`not ready: ${reason}`);
    });
  }

  @Get('live')
  @Header('Cache-Control', 'no-store')
  live(): object {
    return { status: 'ok' };
  }

  /** The first hook of a shutdown, before the engine is asked to let go: nothing new shall be sent here. */
  onModuleDestroy(): void {
    this.stopping = true;
    this.subscription.unsubscribe();
  }

  @Get('ready')
  async ready(@Res() response: object): Promise<void> {
    const { ready, reason } = this.stopping ? SHUTTING_DOWN : await this.journal.check();
    const { httpAdapter } = this.adapterHost;
    httpAdapter.setHeader(response, 'Cache-Control', 'no-store');
    httpAdapter.reply(response, ready ? { status: 'ok' } : { status: 'unavailable', reason: withoutPaths(reason ?? '', this.options.dataDir) }, ready ? 200 : 503);
  }
}
