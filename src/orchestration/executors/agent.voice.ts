import { type AgentStep } from '../../contract/definition.js';
import { StepcastError } from '../../contract/errors.js';
import { type EventData, type EventDraft, LOG_LEVELS, type LogLevel, type OutputKind, type StepInfo, type Usage } from '../../contract/events.js';
import { type JsonValue, NotJsonError, toJson } from '../../contract/json.js';
import { addUsage } from '../../contract/state.js';
import { redact } from '../../redaction/redact.js';
import { Piece, type ToolCall, type ToolOutcome } from '../agent.js';
import { StepFailure } from '../run/failure.js';
import { assertFits, tooLarge } from '../run/limits.js';
import { type StepScope } from '../run/step.scope.js';

const PIECE = new Piece();
type TextKind = Exclude<OutputKind, 'data'>;

/** Where events go. */
export interface EventSink {
  next(event: EventDraft): void;
}

/**
 * All that an agent tells in one attempt. With `flushIntervalMs` pieces of text wait here and go out as one. Callers may be
 * without types: whatever they give becomes something that JSON can carry, or is refused to them and not to the recorder.
 */
export class AgentVoice {
  used: Usage | undefined;
  /** All text of the attempt: the output of an agent that returns nothing. */
  streamedText: string | undefined;
  private readonly offsets: Record<OutputKind, number> = { text: 0, reasoning: 0, tool_input: 0, data: 0 };
  /** Characters so far, those that wait or are not told among them. */
  private readonly lengths: Record<TextKind, number> = { text: 0, reasoning: 0, tool_input: 0 };
  private readonly running: StepInfo;
  /** Calls of tools that have not ended. */
  private readonly calls = new Map<string, { tool: string; at: number }>();
  private waiting: { kind: TextKind; text: string; callId: string | undefined } | undefined;
  private flushTimer: NodeJS.Timeout | undefined;

  constructor(private readonly scope: StepScope<AgentStep>, private readonly events: EventSink, private closed: boolean) {
    this.running = scope.info('running');
  }

  // Functions of their own, so that agents may take them out of the context: ({ text }) => text('…').
  readonly progress = (fraction: number, state?: string, metadata?: JsonValue): Piece => {
    const { enabled, emitProgress } = this.scope.run.streaming;
    if (this.closed) return this.over();
    if (!enabled || !emitProgress) return PIECE;
    const progress = Number.isFinite(fraction) ? Math.min(1, Math.max(0, fraction)) : 0;
    const data: EventData['step_progress'] = { progress };
    if (state !== undefined) data.state = redact(this.bounded(String(state), 'a state'));
    if (metadata !== undefined) data.metadata = this.json(metadata, 'the metadata of a progress');
    this.send({ type: 'step_progress', step: this.running, data, message: data.state ?? `${Math.round(progress * 100)} % of ${this.scope.step.name}` });
    return PIECE;
  };

  readonly text = (delta: string): Piece => {
    return this.piece('text', delta);
  };

  readonly reasoning = (delta: string): Piece => {
    return this.piece('reasoning', delta);
  };

  readonly data = (delta: JsonValue): Piece => {
    if (this.closed) return this.over();
    if (!this.scope.run.streaming.enabled) return PIECE;
    const data = { delta: this.json(delta, 'a piece of data'), kind: 'data' as const, offset: this.offsets.data++ };
    this.send({ type: 'step_output', step: this.running, data });
    return PIECE;
  };

  readonly log = (text: string, level: LogLevel = 'info', code?: string): Piece => {
    const { enabled, emitLogs } = this.scope.run.streaming;
    if (this.closed) return this.over();
    if (!enabled || !emitLogs) return PIECE;
    const data: EventData['message'] = { level: LOG_LEVELS.includes(level) ? level : 'info', text: redact(this.bounded(String(text), 'a log line')) };
    if (code !== undefined) data.code = this.bounded(String(code), 'a code');
    this.send({ type: 'message', step: this.running, data, message: data.text });
    return PIECE;
  };

  readonly toolInput = (delta: string, callId?: string): Piece => {
    return this.piece('tool_input', delta, callId === undefined ? undefined : this.bounded(String(callId), 'the id of a call'));
  };

  readonly toolCall = ({ callId, tool, input }: ToolCall): Piece => {
    if (this.closed) return this.over();
    const data = this.bounded({ callId: String(callId), tool: String(tool), input: toJson(input) }, 'a call of a tool');
    this.calls.set(callId, { tool, at: performance.now() });
    if (!this.scope.run.streaming.enabled) return PIECE;
    this.send({ type: 'tool_call', step: this.running, data, message: `Calling ${tool}` });
    return PIECE;
  };

  readonly toolResult = (callId: string, outcome: ToolOutcome): Piece => {
    const call = this.calls.get(callId);
    if (this.closed) return this.over();
    if (!call) return PIECE;
    const durationMs = Math.round(performance.now() - call.at);
    const told = 'output' in outcome ? { output: this.json(outcome.output, `what the tool ${call.tool} answers`) } : { error: StepFailure.of(outcome.error, this.scope.id).info };
    this.calls.delete(callId);
    if (!this.scope.run.streaming.enabled) return PIECE;
    this.send({ type: 'tool_result', step: this.running, data: { callId, ...told, durationMs }, message: `${call.tool} has ${'output' in outcome ? 'answered' : 'failed'}`, about: String(call.tool) });
    return PIECE;
  };

  readonly usage = (usage: Usage): void => {
    addUsage((this.used ??= {}), usage);
  };

  /** Sends what waits. */
  flush(): void {
    clearTimeout(this.flushTimer);
    this.flushTimer = undefined;
    const { waiting } = this;
    if (!waiting) return;
    this.waiting = undefined;
    this.emitText(waiting.kind, waiting.text, waiting.callId);
  }

  /** From now on nothing is told any more, nor what waits. */
  close(): void {
    this.closed = true;
    clearTimeout(this.flushTimer);
  }

  private piece(kind: TextKind, given: string, callId?: string): Piece {
    const { enabled, flushIntervalMs } = this.scope.run.streaming;
    const delta = String(given);
    if (this.closed) return this.over();
    if (delta === '') return PIECE;
    // The text is the output, where nothing else is; all that is read while it grows holds it.
    if ((this.lengths[kind] += delta.length) > this.scope.run.limits.outputBytes) throw tooLarge(`what the step streams as ${kind}`, this.scope.run.limits.outputBytes);
    if (kind === 'text') this.streamedText = (this.streamedText ?? '') + delta;
    if (!enabled) return PIECE;
    if (flushIntervalMs === 0) {
      this.emitText(kind, delta, callId);
      return PIECE;
    }
    if (this.waiting && (this.waiting.kind !== kind || this.waiting.callId !== callId)) this.flush();
    if (this.waiting) this.waiting.text += delta;
    else this.waiting = { kind, text: delta, callId };
    this.flushTimer ??= setTimeout(() => this.flush(), flushIntervalMs);
    return PIECE;
  }

  /** Nothing is taken any more. An agent that floods would go on without end, and block all others, were it not told so. */
  private over(): Piece {
    const { halt } = this.scope.cancel;
    if (halt?.code === 'too_many_events') throw halt;
    return PIECE;
  }

  /** @throws StepcastError `output_not_json`, `output_too_large` */
  private json(value: unknown, what: string): JsonValue {
    try {
      return this.bounded(toJson(value), what);
    } catch (error) {
      throw error instanceof NotJsonError ? new StepcastError('output_not_json', `${what}: ${error.message}`) : error;
    }
  }

  /** @throws StepcastError `output_too_large` */
  private bounded<T extends JsonValue>(value: T, what: string): T {
    assertFits(value, what, this.scope.run.limits);
    return value;
  }

  /** Text that waits goes before anything else, so that the order stays the agent's. */
  private send(event: EventDraft): void {
    this.flush();
    this.events.next(event);
  }

  private emitText(kind: TextKind, delta: string, callId: string | undefined): void {
    const offset = this.offsets[kind];
    this.offsets[kind] = offset + delta.length;
    this.events.next({ type: 'step_output', step: this.running, data: { delta, kind, offset, ...(callId === undefined ? {} : { callId }) } });
  }
}
