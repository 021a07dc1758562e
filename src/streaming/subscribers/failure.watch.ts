/**
 * What goes wrong in one subscriber. Every failure is counted. The log is told once an hour of each kind and not of each event,
 * and once that the subscriber has failed for so long that it counts as dead, and that it is well again after that.
 */
import { type Logger } from '@nestjs/common';
import { type SubscriberMetrics } from './subscriber.metrics.js';

/** Kinds that are told of an hour; a subscriber whose every failure is another kind is not let fill the log. */
const MAX_KINDS = 20;
const TELL_AGAIN_MS = 60 * 60 * 1000;

/** A failure that knows its kind: what one line in the log stands for. */
export class SubscriberFailure extends Error {
  constructor(readonly kind: string, message: string, readonly options: { retryAfterMs?: number; isFinal?: boolean } = {}) {
    super(message);
    this.name = 'SubscriberFailure';
  }
}

export class FailureWatch {
  /** When each kind was told of. */
  private readonly told = new Map<string, number>();
  /** How many deliveries are in trouble at this moment, and since when the first. */
  private troubles = 0;
  private since = 0;
  private dead = false;

  constructor(
    readonly name: string,
    private readonly logger: Pick<Logger, 'warn' | 'error' | 'log'>,
    readonly metrics: SubscriberMetrics,
    private readonly deadAfterMs = Infinity,
  ) {}

  get failing(): boolean {
    return this.troubles > 0;
  }

  failed(error: unknown): void {
    this.metrics.errors.inc({ subscriber: this.name });
    if (this.isNews(kindOf(error))) {
      this.logger.warn(`the subscriber ${this.name} fails: ${messageOf(error)}; more of this kind is only counted (stepcast_subscriber_errors_total)`);
    }
    const isFinal = error instanceof SubscriberFailure && error.options.isFinal === true;
    if (this.dead || !this.failing || !(isFinal || performance.now() - this.since >= this.deadAfterMs)) return;
    this.dead = true;
    this.metrics.dead.inc({ subscriber: this.name });
    const why = isFinal ? messageOf(error) : `it has been failing for ${Math.round((performance.now() - this.since) / 60_000)} minutes`;
    this.logger.error(`the subscriber ${this.name} counts as dead: ${why}. Its place in the log is kept and it is still tried; what retention removes meanwhile, it will not get`);
  }

  /** The subscriber has not come back from one event for so long. It harms nobody but itself, and what it has yet to take grows. */
  slow(what: string, ms: number): void {
    if (this.isNews('slow')) {
      this.logger.warn(`the subscriber ${this.name} has been busy with ${what} for ${Math.round(ms / 1000)} s and is given nothing more meanwhile; how far it is behind is counted (stepcast_subscriber_lag)`);
    }
  }

  /** A delivery is in trouble: it is tried again until `recovered`, or until everything ends. */
  struggles(): void {
    if (this.troubles++ === 0) this.since = performance.now();
  }

  recovered(): void {
    if (--this.troubles > 0 || !this.dead) return;
    this.logger.log(`the subscriber ${this.name} is well again`);
    this.dead = false;
    this.told.clear();
  }

  private isNews(kind: string): boolean {
    const now = performance.now();
    for (const [known, at] of this.told) if (now - at >= TELL_AGAIN_MS) this.told.delete(known);
    if (this.told.has(kind) || this.told.size >= MAX_KINDS) return false;
    this.told.set(kind, now);
    return true;
  }

  skipped(batches: number): void {
    this.metrics.skipped.inc({ subscriber: this.name }, batches);
    this.logger.warn(`the subscriber ${this.name} has missed ${batches} batches of events: retention removed them before it came to them`);
  }
}

/** Where an error was thrown says more than its message, which may be another one each time. */
function kindOf(error: unknown): string {
  if (error instanceof SubscriberFailure) return error.kind;
  if (!(error instanceof Error)) return typeof error;
  return textOf(() => {
    const at = String(error.stack).split('\n').find((line) => /^\s+at /.test(line)) ?? '';
    return `${error.name} ${(error as NodeJS.ErrnoException).code ?? ''} ${at}`;
  });
}

function messageOf(error: unknown): string {
  return textOf(() => (error instanceof Error ? error.message : error)).slice(0, 500);
}

/** Code of an app may throw anything, also what there is no text of. */
function textOf(read: () => unknown): string {
  try {
    return String(read());
  } catch {
    return 'it threw what cannot be read';
  }
}
