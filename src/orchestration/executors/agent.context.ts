import { type AgentStep } from '../../contract/definition.js';
import { type EventData, type EventDraft, LOG_LEVELS, type LogLevel, type OutputKind, type Usage } from '../../contract/events.js';
import { type JsonValue, toJson } from '../../contract/json.js';
import { addUsage } from '../../contract/state.js';
import { type AgentContext, Piece } from '../agent.js';
import { type StepScope } from '../run/step.scope.js';

const PIECE = new Piece();
type TextKind = Exclude<OutputKind, 'data'>;

/**
 * What the agent of one attempt works with. After the attempt has ended it takes nothing more: an agent that ignores its
 * signal can still call it, to no effect. With `flushIntervalMs` pieces of text wait here and go out as one. Callers may be
 * without types: whatever they give becomes something that JSON can carry, or is refused to them and not to the recorder.
 */
export class LiveAgentContext implements AgentContext {
  closed = false;
  used: Usage | undefined;
  /** All text of the attempt: the output of an agent that returns nothing. */
  streamedText: string | undefined;
  readonly input: JsonValue;
  private readonly offsets: Record<OutputKind, number> = { text: 0, reasoning: 0, tool_input: 0, data: 0 };
  private waiting: { kind: TextKind; text: string } | undefined;
  private flushTimer: NodeJS.Timeout | undefined;
  private closing: (() => void) | undefined;

  constructor(private readonly scope: StepScope<AgentStep>, private readonly emit: (event: EventDraft) => void) {
    // A copy: agents may change what they are given, and it may be another step's output.
    this.input = toJson(scope.input);
  }

  get user(): string { return this.scope.run.user; }
  get executionId(): string { return this.scope.run.executionId; }
  get workflow(): string { return this.scope.run.workflow; }
  get sessionId(): string | null { return this.scope.run.sessionId; }
  get stepId(): string { return this.scope.id; }
  get attempt(): number { return this.scope.attempt; }
  get iteration(): number { return this.scope.place.iteration; }
  get idempotencyKey(): string { return `${this.executionId}/${this.stepId}`; }
  get signal(): AbortSignal { return this.scope.cancel.signal; }
  get results(): Readonly<Record<string, JsonValue>> { return this.scope.run.recall.results; }

  // Functions of their own, so that agents may take them out of the context: ({ text }) => text('…').
  readonly progress = (fraction: number, state?: string, metadata?: JsonValue): Piece => {
    const { enabled, emitProgress } = this.scope.run.streaming;
    if (this.closed || !enabled || !emitProgress) return PIECE;
    const progress = Number.isFinite(fraction) ? Math.min(1, Math.max(0, fraction)) : 0;
    const data: EventData['step_progress'] = { progress };
    if (state !== undefined) data.state = String(state);
    if (metadata !== undefined) data.metadata = toJson(metadata);
    this.send({ type: 'step_progress', step: this.scope.info('running'), data, message: data.state ?? `${Math.round(progress * 100)} % of ${this.scope.step.name}` });
    return PIECE;
  };

  readonly text = (delta: string): Piece => {
    return this.piece('text', delta);
  };

  readonly reasoning = (delta: string): Piece => {
    return this.piece('reasoning', delta);
  };

  readonly data = (delta: JsonValue): Piece => {
    if (this.closed || !this.scope.run.streaming.enabled) return PIECE;
    const data = { delta: toJson(delta), kind: 'data' as const, offset: this.offsets.data++ };
    this.send({ type: 'step_output', step: this.scope.info('running'), data });
    return PIECE;
  };

  readonly log = (text: string, level: LogLevel = 'info', code?: string): Piece => {
    const { enabled, emitLogs } = this.scope.run.streaming;
    if (this.closed || !enabled || !emitLogs) return PIECE;
    const data: EventData['message'] = { level: LOG_LEVELS.includes(level) ? level : 'info', text: String(text) };
    if (code !== undefined) data.code = String(code);
    this.send({ type: 'message', step: this.scope.info('running'), data, message: data.text });
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
    this.emitText(waiting.kind, waiting.text);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    clearTimeout(this.flushTimer);
    this.closing?.();
  }

  /** Calls `listener`, of which there is one, when the attempt ends; at once where it has. */
  onClose(listener: () => void): void {
    if (this.closed) listener();
    else this.closing = listener;
  }

  private piece(kind: TextKind, given: string): Piece {
    const { enabled, flushIntervalMs } = this.scope.run.streaming;
    const delta = String(given);
    if (this.closed || delta === '') return PIECE;
    if (kind === 'text') this.streamedText = (this.streamedText ?? '') + delta;
    if (!enabled) return PIECE;
    if (flushIntervalMs === 0) {
      this.emitText(kind, delta);
      return PIECE;
    }
    if (this.waiting && this.waiting.kind !== kind) this.flush();
    if (this.waiting) this.waiting.text += delta;
    else this.waiting = { kind, text: delta };
    this.flushTimer ??= setTimeout(() => this.flush(), flushIntervalMs);
    return PIECE;
  }

  /** Text that waits goes before anything else, so that the order stays the agent's. */
  private send(event: EventDraft): void {
    this.flush();
    this.emit(event);
  }

  private emitText(kind: TextKind, delta: string): void {
    const offset = this.offsets[kind];
    this.offsets[kind] = offset + delta.length;
    this.emit({ type: 'step_output', step: this.scope.info('running'), data: { delta, kind, offset } });
  }
}
