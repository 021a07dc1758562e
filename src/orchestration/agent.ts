/** What an agent is, and what it is given. */
import { type ObservableInput } from 'rxjs';
import { type AgentStep } from '../contract/definition.js';
import { type LogLevel, type Usage } from '../contract/events.js';
import { type JsonValue } from '../contract/json.js';

/** What `text()` and its like answer: yield it from a generator to let a slow journal hold the agent back. */
export class Piece {
  private readonly piece = true;
}

/** A call of a tool, as readers of the stream see it (`tool_call`). */
export interface ToolCall {
  /** Unique within the step's attempt; `tool_result` names it again. */
  callId: string;
  tool: string;
  input: JsonValue;
}

/** How a call ended (`tool_result`): with an output, or with an error. */
export type ToolOutcome = { output: JsonValue } | { error: unknown };

/** One attempt of one step, seen from inside the agent. */
export interface AgentContext<Input = JsonValue> {
  /** The step's input; a copy of its own. */
  readonly input: Input;
  /** Who started the execution. */
  readonly user: string;
  readonly executionId: string;
  readonly workflow: string;
  readonly sessionId: string | null;
  readonly stepId: string;
  /** Counts the starts of this step, from 1, over retries and crashes. */
  readonly attempt: number;
  /** The iteration of the nearest loop around, from 1; 0 outside of any. */
  readonly iteration: number;
  /** `executionId/stepId`, the same in every attempt: give it to services that know idempotency keys (P12). */
  readonly idempotencyKey: string;
  /**
   * The trace that this attempt is part of (W3C Trace Context), for a header of the same name; absent where there is none.
   * Clients that OpenTelemetry instruments send it by themselves.
   */
  readonly traceparent?: string | undefined;
  /** Aborts on cancel, on a time-out and when a sibling has failed. */
  readonly signal: AbortSignal;
  /** Outputs of the steps that have completed, by step name. Treat them as read-only. */
  readonly results: Readonly<Record<string, JsonValue>>;

  /** Tells how far this step is, 0..1 (`step_progress`). */
  progress(fraction: number, state?: string, metadata?: JsonValue): Piece;
  /** Streams a piece of text (`step_output`, kind `text`). */
  text(delta: string): Piece;
  /** Streams a piece of the model's reasoning. */
  reasoning(delta: string): Piece;
  /** Streams a piece of data. */
  data(delta: JsonValue): Piece;
  /** A log line that readers of the stream see (`message`). */
  log(text: string, level?: LogLevel, code?: string): Piece;
  /** Streams a piece of the input of a tool, as a model writes it; `callId` is what `tool_call` will name the call by. */
  toolInput(delta: string, callId?: string): Piece;
  /** Tells that a tool is called. */
  toolCall(call: ToolCall): Piece;
  /** Tells how a call that was told ended, and how long it took. */
  toolResult(callId: string, outcome: ToolOutcome): Piece;
  /** Adds to the tokens and money of the step; told with `step_completed`. */
  usage(usage: Usage): void;
}

/**
 * What `execute` may give:
 * - a promise (or a plain value): the output;
 * - an async iterable or a generator: strings it yields are streamed as text, other values as data; what it returns is
 *   the output, and where it returns nothing, the text (or the last value) it yielded;
 * - an Observable: the same, with the text (or the last value) as output.
 */
export type AgentResult = ObservableInput<unknown> | Generator | AsyncGenerator | JsonValue | object | void;

/** What a result of an agent depends on: where any of it differs, another run is asked for. */
export interface CacheSubject {
  /** The model that answers, where one does. */
  model?: string;
  /** All else but the prompt. */
  fixed: JsonValue;
  /** The text in which similar ones may differ, where the cache looks for such; absent where only the same will do. */
  prompt?: string;
}

/** An agent. Implement it in a provider with `@Agent('name')`. */
export interface AgentHandler<Input = JsonValue> {
  execute(context: AgentContext<Input>): AgentResult;
  /**
   * Looks at a step of this agent before an execution with it starts, and throws a StepcastError where it could never
   * run, so that the start is refused. Templates in the step's `input` are not filled yet.
   *
   * @param input What the execution is started with. Treat it as read-only.
   */
  check?(step: Readonly<AgentStep>, input: JsonValue): void;
  /**
   * What the result of this input depends on, for steps that are cached; nothing where it is not to be kept. Without this
   * method it is the input, word for word; where a step or `@Agent` names a `similarity`, a text, or the text in the input's
   * member `prompt`, is taken for a prompt.
   *
   * @param input A copy.
   */
  cacheSubject?(input: Input): CacheSubject | undefined;
}

export type AgentFunction<Input = JsonValue> = (context: AgentContext<Input>) => AgentResult;
