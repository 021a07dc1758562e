/**
 * OpenTelemetry, by its API alone. Where nobody has registered a tracer provider there is nothing to be traced: then the API is
 * not even loaded, and an execution costs the look whether somebody has. All copies of the API share that place.
 */
import { createRequire } from 'node:module';
import { Logger } from '@nestjs/common';
import { formatTraceparent, parseTraceparent, type TraceParent } from './traceparent.js';

export type TracingApi = typeof import('@opentelemetry/api');
export type SpanContext = import('@opentelemetry/api').SpanContext;

const REGISTERED = Symbol.for('opentelemetry.js.api.1');
const require = createRequire(import.meta.url);
let api: TracingApi | undefined;

const TELL_AGAIN_MS = 60 * 60 * 1000;
const logger = new Logger('Traces');
let toldAt = -Infinity;

/** Nothing where nobody has registered a tracer provider. */
export function tracingApi(): TracingApi | undefined {
  const { trace } = (globalThis as { [REGISTERED]?: { trace?: unknown } })[REGISTERED] ?? {};
  return trace === undefined ? undefined : (api ??= require('@opentelemetry/api') as TracingApi);
}

/**
 * The trace that a start belongs to: that of the span which is active, where the app around it is instrumented, else what
 * the caller has sent, where that is valid. It is used for nothing but traces.
 */
export function traceparentOfStart(given: string | undefined): string | null {
  const tracing = tracingApi();
  const active = tracing?.trace.getActiveSpan()?.spanContext();
  const parent = active && tracing?.isSpanContextValid(active) ? parentOf(active) : parseTraceparent(given);
  return parent ? formatTraceparent(parent) : null;
}

export function parentOf({ traceId, spanId, traceFlags }: SpanContext): TraceParent {
  return { traceId, spanId, flags: traceFlags };
}

export function spanContextOf({ traceId, spanId, flags }: TraceParent): SpanContext {
  return { traceId, spanId, traceFlags: flags, isRemote: true };
}

/** What a sampler or a processor of spans throws ends here, and not in the execution that it was to watch. Told once an hour. */
export function tolerate(error: unknown): void {
  const now = performance.now();
  if (now - toldAt < TELL_AGAIN_MS) return;
  toldAt = now;
  logger.warn(`the tracer fails, and spans are missing or not ended: ${error instanceof Error ? error.message : typeof error}. Look at what the OpenTelemetry SDK of this process was set up with`);
}
