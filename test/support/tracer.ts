/** A tracer provider in memory, made of nothing but the API of OpenTelemetry: what a test's spans were, and how they hang together. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import {
  type Attributes, type Context, context, type ContextManager, type Link, ROOT_CONTEXT, type Span, type SpanContext, type SpanOptions, type SpanStatus, SpanStatusCode, trace, TraceFlags,
  type Tracer, type TracerProvider,
} from '@opentelemetry/api';

export class MemorySpan implements Span {
  attributes: Attributes;
  status: SpanStatus = { code: SpanStatusCode.UNSET };
  readonly links: Link[];
  readonly events: string[] = [];
  ended = false;
  private readonly own: SpanContext;

  constructor(readonly name: string, options: SpanOptions, readonly parent: SpanContext | undefined) {
    this.attributes = { ...options.attributes };
    this.links = options.links ?? [];
    this.own = { traceId: parent?.traceId ?? randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex'), traceFlags: TraceFlags.SAMPLED };
  }

  spanContext(): SpanContext {
    return this.own;
  }

  setAttribute(key: string, value: Attributes[string]): this {
    return this.setAttributes({ [key]: value });
  }

  setAttributes(attributes: Attributes): this {
    if (this.ended) throw new Error(`span ${this.name} has ended`);
    Object.assign(this.attributes, attributes);
    return this;
  }

  addEvent(name: string): this {
    this.events.push(name);
    return this;
  }

  setStatus(status: SpanStatus): this {
    this.status = status;
    return this;
  }

  end(): void {
    if (this.ended) throw new Error(`span ${this.name} has ended already`);
    this.ended = true;
  }

  addLink(): this { return this; }
  addLinks(): this { return this; }
  updateName(): this { return this; }
  isRecording(): boolean { return !this.ended; }
  recordException(): void {}
}

class LocalContexts implements ContextManager {
  private readonly storage = new AsyncLocalStorage<Context>();

  active(): Context {
    return this.storage.getStore() ?? ROOT_CONTEXT;
  }

  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(given: Context, work: F, thisArg?: ThisParameterType<F>, ...args: A): ReturnType<F> {
    return this.storage.run(given, () => work.apply(thisArg, args));
  }

  bind<T>(_context: Context, target: T): T {
    return target;
  }

  enable(): this { return this; }
  disable(): this { return this; }
}

export class MemoryTracing implements TracerProvider {
  readonly spans: MemorySpan[] = [];

  /** Registers it for this process, until `remove`. */
  register(): this {
    trace.setGlobalTracerProvider(this);
    context.setGlobalContextManager(new LocalContexts());
    return this;
  }

  remove(): void {
    trace.disable();
    context.disable();
  }

  getTracer(): Tracer {
    return {
      startSpan: (name, options = {}, given = context.active()) => {
        const span = new MemorySpan(name, options, trace.getSpanContext(given));
        this.spans.push(span);
        return span;
      },
      startActiveSpan: () => {
        throw new Error('spans are not made active here');
      },
    };
  }

  named(name: string): MemorySpan[] {
    return this.spans.filter((span) => span.name === name);
  }

  one(name: string): MemorySpan {
    const [span, ...more] = this.named(name);
    if (!span || more.length) throw new Error(`there are ${span ? more.length + 1 : 0} spans ${name}, of ${this.spans.map((each) => each.name).join(', ')}`);
    return span;
  }

  /** The name of the span that this one is below of. */
  parentOf({ parent }: MemorySpan): string | undefined {
    return this.spans.find((span) => span.spanContext().spanId === parent?.spanId)?.name;
  }
}
