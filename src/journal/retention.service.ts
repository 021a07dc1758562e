import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type Journal } from './journal.js';

/** How long it is remembered that an execution was there: 410 then, 404 after. */
const REMEMBER_MS = 24 * 60 * 60 * 1000;
const MAX_INTERVAL_MS = 60_000;
const MIN_INTERVAL_MS = 1000;

/** Removes executions and their events when they have been finished for longer than they are kept. */
@Injectable()
export class RetentionService implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(RetentionService.name);
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly journal: Journal,
    private readonly options: { retentionMs: number; now?: () => number },
  ) {}

  onApplicationBootstrap(): void {
    this.plan();
  }

  onModuleDestroy(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** Answers how many executions were removed. */
  async sweep(): Promise<number> {
    const now = (this.options.now ?? Date.now)();
    const removed = await this.journal.sweep(now - this.options.retentionMs, now - REMEMBER_MS, now);
    if (removed > 0) this.logger.log(`removed ${removed} executions that were finished for longer than they are kept`);
    return removed;
  }

  private plan(): void {
    const interval = Math.min(MAX_INTERVAL_MS, Math.max(MIN_INTERVAL_MS, this.options.retentionMs / 10));
    this.timer = setTimeout(() => {
      this.sweep()
        // Where the journal fails, its health says so; the next sweep takes what this one could not.
        .catch((error: unknown) => this.logger.debug(`not swept: ${(error as Error).message}`))
        .finally(() => {
          if (this.timer) this.plan();
        });
    }, interval);
    this.timer.unref();
  }
}
