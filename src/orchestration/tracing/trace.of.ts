import { type OwnedExecution } from '../../journal/journal.types.js';
import { type ExecutionTrace, type TraceMark } from './execution.trace.js';
import { SpanTrace } from './span.trace.js';
import { formatTraceparent, parseTraceparent, type TraceParent } from './traceparent.js';
import { tolerate, tracingApi } from './tracing.api.js';

/** Nothing where there is neither somebody who traces nor a trace that the start was part of, as mostly. */
export function traceOf(record: OwnedExecution, before: TraceMark | undefined): ExecutionTrace | undefined {
  const api = tracingApi();
  const given = parseTraceparent(record.traceparent);
  try {
    if (api) return new SpanTrace(api, record, given, before);
  } catch (error) {
    tolerate(error);
  }
  return given && new GivenTrace(given);
}

/** Nobody traces in this process: what the start was given is handed on as it is. */
class GivenTrace implements ExecutionTrace {
  readonly mark: TraceMark;
  private readonly traceparent: string;

  constructor(given: TraceParent) {
    this.mark = { traceId: given.traceId };
    this.traceparent = formatTraceparent(given);
  }

  traceparentOf(): string {
    return this.traceparent;
  }

  within(_stepId: string, work: () => void): void {
    work();
  }

  onEvent(): void {}

  suspend(): void {}
}
