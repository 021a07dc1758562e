/**
 * An execution as spans: one for its run in this process, one for each attempt of a step below that of the step around it.
 * Made from the events as they come by, so that the trace tells what the log tells. An execution that goes on after a crash
 * is a span of its own in the same trace, with a link to the one before, which may never have been sent.
 */
import { type Attributes, type Context, type Link, type Span, type Tracer } from '@opentelemetry/api';
import { type ErrorInfo } from '../../contract/errors.js';
import { type EventDraft, parentIdOf, type StepInfo, TERMINAL_TYPES, type Usage } from '../../contract/events.js';
import { type OwnedExecution } from '../../journal/journal.types.js';
import { type ExecutionTrace, type TraceMark } from './execution.trace.js';
import { formatTraceparent, type TraceParent } from './traceparent.js';
import { parentOf, spanContextOf, tolerate, type TracingApi } from './tracing.api.js';

interface OpenSpan {
  span: Span;
  /** In which it is the active one. */
  context: Context;
}

export class SpanTrace implements ExecutionTrace {
  readonly mark: TraceMark;
  private readonly tracer: Tracer;
  private readonly execution: OpenSpan;
  private readonly steps = new Map<string, OpenSpan>();

  private readonly executionId: string;

  constructor(private readonly api: TracingApi, record: OwnedExecution, given: TraceParent | undefined, before: TraceMark | undefined) {
    this.tracer = api.trace.getTracer('stepcast');
    this.executionId = record.id;
    const last = before?.spanId === undefined ? undefined : { traceId: before.traceId, spanId: before.spanId, flags: given?.flags ?? api.TraceFlags.SAMPLED };
    const parent = given ?? last;
    const attributes: Attributes = {
      'stepcast.execution.id': record.id, 'stepcast.workflow': record.workflow, 'stepcast.resumed': record.lastSeq > 0,
      ...(record.sessionId === null ? {} : { 'stepcast.session.id': record.sessionId }),
    };
    const around = parent ? api.trace.setSpanContext(api.ROOT_CONTEXT, spanContextOf(parent)) : api.ROOT_CONTEXT;
    this.execution = this.open(`workflow ${record.workflow}`, attributes, around, last && [{ context: spanContextOf(last) }]);
    const { traceId, spanId } = this.execution.span.spanContext();
    this.mark = this.execution.span.isRecording() ? { traceId, spanId } : { traceId };
  }

  traceparentOf(stepId: string): string {
    return formatTraceparent(parentOf(this.nearest(stepId).span.spanContext()));
  }

  within(stepId: string, work: () => void): void {
    this.api.context.with(this.nearest(stepId).context, work);
  }

  onEvent(event: EventDraft): void {
    const { step } = event;
    switch (event.type) {
      case 'step_started':
        this.started(event.step);
        break;
      case 'step_completed':
        this.end(event.step.id, { status: 'completed', agent: event.about, usage: event.data.usage });
        break;
      case 'step_failed':
      case 'step_retrying':
        this.end(event.step.id, { status: event.type === 'step_failed' ? 'failed' : 'retrying', agent: event.about, error: event.data.error });
        break;
      case 'step_cancelled':
        this.end(event.step.id, { status: 'cancelled', agent: event.about });
        break;
      case 'input_required':
      case 'input_received':
        this.steps.get(event.step.id)?.span.addEvent(event.type);
        break;
      default:
        if (!step && TERMINAL_TYPES.has(event.type)) this.ended(event);
    }
  }

  suspend(): void {
    for (const id of [...this.steps.keys()]) this.end(id, { status: 'suspended' });
    endSpan(this.api, this.execution.span, { status: 'suspended' });
  }

  private open(name: string, attributes: Attributes, around: Context, links: Link[] = []): OpenSpan {
    const span = this.tracer.startSpan(name, { attributes, links }, around);
    return { span, context: this.api.trace.setSpan(around, span) };
  }

  private started({ id, name, type, attempt, iteration }: StepInfo): void {
    const attributes = {
      'stepcast.execution.id': this.executionId, 'stepcast.step.id': id, 'stepcast.step.name': name, 'stepcast.step.type': type,
      'stepcast.step.attempt': attempt, 'stepcast.step.iteration': iteration,
    };
    try {
      this.steps.set(id, this.open(`${type} ${name}`, attributes, this.nearest(parentIdOf(id)).context));
    } catch (error) {
      tolerate(error);
    }
  }

  private ended(event: EventDraft): void {
    for (const id of [...this.steps.keys()]) this.end(id, { status: 'cancelled' });
    const error = event.type === 'workflow_failed' ? event.data.error : undefined;
    endSpan(this.api, this.execution.span, { status: event.type.slice('workflow_'.length), error });
  }

  private end(id: string, end: SpanEnd): void {
    const open = this.steps.get(id);
    if (!open) return;
    this.steps.delete(id);
    endSpan(this.api, open.span, end);
  }

  /** The span of the step, or of what is around it: a composite that a crash cut short goes on without one. */
  private nearest(stepId: string): OpenSpan {
    for (let id = stepId; id !== ''; id = parentIdOf(id)) {
      const open = this.steps.get(id);
      if (open) return open;
    }
    return this.execution;
  }
}

interface SpanEnd {
  status: string;
  agent?: string | undefined;
  error?: ErrorInfo | undefined;
  usage?: Usage | undefined;
}

function endSpan({ SpanStatusCode }: TracingApi, span: Span, { status, agent, error, usage }: SpanEnd): void {
  span.setAttribute('stepcast.status', status);
  if (agent !== undefined) span.setAttribute('stepcast.agent', agent);
  if (usage) span.setAttributes(Object.fromEntries(Object.entries(usage).map(([name, value]) => [`stepcast.usage.${name}`, value as number])));
  if (error) {
    span.setAttribute('stepcast.error.code', error.code);
    span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
  }
  try {
    span.end();
  } catch (thrown) {
    tolerate(thrown);
  }
}
