/** What a tool is: something that a language model, or a `tool` step, may call by name. */
import { applyDecorators, Injectable, SetMetadata, type Type } from '@nestjs/common';
import { type LogLevel } from '../../contract/events.js';
import { type JsonValue } from '../../contract/json.js';

export const TOOL_METADATA = 'stepcast:tool';

export interface ToolOptions {
  /** `[A-Za-z_][A-Za-z0-9_-]{0,63}`, which all providers take. */
  name: string;
  /** Tells the model what the tool does and when to use it. */
  description: string;
  /** JSON Schema with `"type": "object"`, or a class with class-validator decorators; without it any object. Input that does not meet it never comes to the tool. */
  schema?: Type<object> | JsonValue;
  /** Milliseconds after which a call fails; default 60,000. */
  timeoutMs?: number;
}

/** One call of a tool. */
export interface ToolContext {
  readonly callId: string;
  readonly user: string;
  readonly executionId: string;
  readonly stepId: string;
  /**
   * The same when the step is tried again and calls the tool with the same input (P12), also within an attempt after the
   * call has failed. A call that is made again after it has succeeded gets another one.
   */
  readonly idempotencyKey: string;
  /** Aborts on cancel, and when the call takes too long. A tool that ignores it is let go of. */
  readonly signal: AbortSignal;
  /** How far this call is, 0..1; the state is `executing_<tool>` unless another one is given. */
  progress(fraction: number, state?: string): void;
  log(text: string, level?: LogLevel): void;
}

/** A tool. Implement it in a provider with `@Tool(…)`. */
export interface ToolHandler<Input = JsonValue> {
  /**
   * Answers something that JSON can carry, or a promise of it. What it throws fails the call with `tool_failed`: a model is
   * told and may go on, a `tool` step fails. The input is plain JSON that meets the schema, and a copy of the call's own.
   */
  execute(input: Input, context: ToolContext): unknown;
}

/**
 * Makes a provider a tool that `llm` and `tool` steps can name.
 *
 * @example
 * ```ts
 * @Tool({ name: 'weather', description: 'The weather in a city now', schema: CityDto })
 * export class Weather implements ToolHandler<CityDto> {
 *   constructor(private readonly stations: Stations) {}
 *   execute({ city }: CityDto, { signal }: ToolContext) {
 *     return this.stations.now(city, { signal });
 *   }
 * }
 * ```
 */
export function Tool(options: ToolOptions): ClassDecorator {
  return applyDecorators(Injectable(), SetMetadata(TOOL_METADATA, options));
}
