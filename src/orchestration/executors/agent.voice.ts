import { type AgentStep } from '../../contract/definition.js';
import { type EventData, type EventDraft, LOG_LEVELS, type LogLevel, type OutputKind, type StepInfo, type Usage } from '../../contract/events.js';
import { type JsonValue, toJson } from '../../contract/json.js';
import { addUsage } from '../../contract/state.js';
import { Piece, type ToolCall, type ToolOutcome } from '../agent.js';
import { StepFailure } from '../run/failure.js';
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
  private readonly running: StepInfo;
  /** Calls of tools that have not ended. */
  private readonly calls = new Map<string, { tool: string; at: number }>();
  private waiting: { kind: TextKind; text: string } | undefined;
  private flushTimer: NodeJS.Timeout | undefined;

  constructor(private readonly scope: StepScope<AgentStep>, private readonly events: EventSink, private closed: boolean) {
    this.running = scope.info('running');
  }

  // Functions of their own, so that agents may take them out of the context: ({ text }) => text('…').
  readonly progress = (fraction: number, state?: string, metadata?: JsonValue): Piece => {
    const { enabled, emitProgress } = this.scope.run.streaming;
    if (this.closed || !enabled || !emitProgress) return PIECE;
    const progress = Number.isFinite(fraction) ? Math.min(1, Math.max(0, fraction)) : 0;
    const data: EventData['step_progress'] = { progress };
    if (state !== undefined) data.state = String(state);
    if (metadata !== undefined) data.metadata = toJson(metadata);
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
    if (this.closed || !this.scope.run.streaming.enabled) return PIECE;
    const data = { delta: toJson(delta), kind: 'data' as const, offset: this.offsets.data++ };
    this.send({ type: 'step_output', step: this.running, data });
    return PIECE;
  };

  readonly log = (text: string, level: LogLevel = 'info', code?: string): Piece => {
    const { enabled, emitLogs } = this.scope.run.streaming;
    if (this.closed || !enabled || !emitLogs) return PIECE;
    const data: EventData['message'] = { level: LOG_LEVELS.includes(level) ? level : 'info', text: String(text) };
    if (code !== undefined) data.code = String(code);
    this.send({ type: 'message', step: this.running, data, message: data.text });
    return PIECE;
  };

  readonly toolInput = (delta: string): Piece => {
    return this.piece('tool_input', delta);
  };

  readonly toolCall = ({ callId, tool, input }: ToolCall): Piece => {
    if (this.closed) return PIECE;
    this.calls.set(callId, { tool, at: performance.now() });
    if (!this.scope.run.streaming.enabled) return PIECE;
    this.send({ type: 'tool_call', step: this.running, data: { callId: String(callId), tool: String(tool), input: toJson(input) }, message: `Calling ${tool}` });
    return PIECE;
  };

  readonly toolResult = (callId: string, outcome: ToolOutcome): Piece => {
    const call = this.calls.get(callId);
    if (this.closed || !call) return PIECE;
    this.calls.delete(callId);
    if (!this.scope.run.streaming.enabled) return PIECE;
    const durationMs = Math.round(performance.now() - call.at);
    const told = 'output' in outcome ? { output: toJson(outcome.output) } : { error: StepFailure.of(outcome.error, this.scope.id).info };
    this.send({ type: 'tool_result', step: this.running, data: { callId, ...told, durationMs }, message: `${call.tool} has ${'output' in outcome ? 'answered' : 'failed'}` });
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

  /** From now on nothing is told any more, nor what waits. */
  close(): void {
    this.closed = true;
    clearTimeout(this.flushTimer);
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
    this.events.next(event);
  }

  private emitText(kind: TextKind, delta: string): void {
    const offset = this.offsets[kind];
    this.offsets[kind] = offset + delta.length;
    this.events.next({ type: 'step_output', step: this.running, data: { delta, kind, offset } });
  }
}
