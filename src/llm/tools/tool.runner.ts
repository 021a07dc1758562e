/**
 * The one way in which a tool is run, for a model and for a `tool` step alike. The stream tells of each call:
 *
 *     tool_call → step_progress executing_<tool> → (what the tool tells) → tool_result → step_progress completed_<tool>
 *
 * and `failed_<tool>` in the place of the last where it fails; nothing more where the step is halted meanwhile. Each
 * `step_progress` has the tool and the call's id in its `metadata`. A tool that ignores its signal is let go of.
 */
import { Injectable } from '@nestjs/common';
import { isObservable } from 'rxjs';
import { type Fault, StepcastError } from '../../contract/errors.js';
import { type JsonValue, toJson } from '../../contract/json.js';
import { type AgentContext } from '../../orchestration/agent.js';
import { faultList } from '../../orchestration/agents/step.faults.js';
import { CallKeys } from './call.keys.js';
import { Deadline } from './deadline.js';
import { type ToolContext } from './tool.js';
import { type RegisteredTool, ToolRegistry } from './tool.registry.js';

export interface ToolRun {
  /** Unique within the step's attempt. */
  callId: string;
  /** The part of the step's progress that the call is; default all of it, 0 to 1. */
  within?: { from: number; to: number };
}

const WHOLE = { from: 0, to: 1 };

@Injectable()
export class ToolRunner {
  private readonly keys = new CallKeys();

  constructor(private readonly tools: ToolRegistry) {}

  /**
   * Answers what the tool answers, as JSON.
   * @throws StepcastError `tool_not_found`; `tool_failed` where the input is not what the tool takes, the tool fails, takes
   * too long or answers what JSON cannot carry; the reason of the context's signal where that aborts.
   */
  async run(name: string, input: JsonValue, ctx: AgentContext<unknown>, { callId, within = WHOLE }: ToolRun): Promise<JsonValue> {
    let reached = 0;
    const tell = (fraction: number, state: string): void => {
      reached = unit(fraction);
      ctx.progress(within.from + (within.to - within.from) * reached, state, { tool: name, callId });
    };
    ctx.toolCall({ callId, tool: name, input });
    try {
      const output = await this.call(name, input, ctx, callId, tell);
      ctx.toolResult(callId, { output });
      tell(1, `completed_${name}`);
      return output;
    } catch (error) {
      // Halted: nobody is told anything more, and the tool has not failed.
      if (ctx.signal.aborted) throw ctx.signal.reason;
      ctx.toolResult(callId, { error });
      tell(reached, `failed_${name}`);
      throw error;
    }
  }

  private async call(name: string, input: JsonValue, ctx: AgentContext<unknown>, callId: string, tell: (fraction: number, state: string) => void): Promise<JsonValue> {
    const tool = this.tools.get(name);
    if (!tool) throw unknownTool(name, this.tools.names());
    const deadline = new Deadline(tool.timeoutMs, ctx.signal);
    try {
      // Checks may be slow and may fail as well: those of classes with decorators can be code of any kind.
      const faults = await deadline.race(checked(tool, input));
      if (faults.length) throw new StepcastError('tool_failed', `the input of the tool "${name}" is not what it takes: ${faultList(faults)}`, { faults });
      ctx.signal.throwIfAborted();
      tell(0, `executing_${name}`);
      return await this.executed(tool, input, ctx, callId, deadline, tell);
    } catch (error) {
      if (deadline.over && error === deadline.signal.reason) throw new StepcastError('tool_failed', `the tool "${name}" took longer than ${tool.timeoutMs} ms; raise its timeoutMs, or make it faster`, { cause: error });
      throw failed(name, error);
    } finally {
      deadline.end();
    }
  }

  private async executed(tool: RegisteredTool, input: JsonValue, ctx: AgentContext<unknown>, callId: string, deadline: Deadline, tell: (fraction: number, state: string) => void): Promise<JsonValue> {
    const key = this.keys.take(ctx, tool.name, input);
    let ended = false;
    const context: ToolContext = {
      callId, user: ctx.user, executionId: ctx.executionId, stepId: ctx.stepId, idempotencyKey: key.key, signal: deadline.signal,
      // A tool that was let go of may go on talking, to no effect.
      progress: (fraction, state = `executing_${tool.name}`) => ended || tell(fraction, String(state)),
      log: (text, level) => ended || void ctx.log(text, level),
    };
    try {
      return outputOf(tool.name, await deadline.race(execute(tool, input, context)));
    } catch (error) {
      key.release();
      throw error;
    } finally {
      ended = true;
    }
  }
}

/** @returns the refusal of a tool that nobody has registered. */
export function unknownTool(name: string, names: readonly string[]): StepcastError {
  const known = names.length ? `there are: ${names.join(', ')}` : 'there are none';
  return new StepcastError('tool_not_found', `there is no tool "${name}"; register a provider with @Tool({ name: '${name}', … }) (${known})`, { retryable: false });
}

async function checked(tool: RegisteredTool, input: JsonValue): Promise<Fault[]> {
  return tool.check(input);
}

/** A copy of the input: tools may change what they are given, and it may be another step's output. */
async function execute({ handler }: RegisteredTool, input: JsonValue, context: ToolContext): Promise<unknown> {
  return handler.execute(toJson(input) as never, context);
}

function outputOf(name: string, given: unknown): JsonValue {
  const isStream = isObservable(given) || (typeof given === 'object' && given !== null && (Symbol.asyncIterator in given || (Symbol.iterator in given && 'next' in given)));
  // It would become an empty object in silence.
  if (isStream) throw new StepcastError('tool_failed', `the tool "${name}" answers a stream; answer a value or a promise, and tell of the way with context.progress()`, { retryable: false });
  return toJson(given);
}

function failed(name: string, error: unknown): StepcastError {
  if (!(error instanceof StepcastError)) return new StepcastError('tool_failed', `the tool "${name}" failed: ${messageOf(error)}`, { cause: error });
  if (error.code === 'tool_failed') return error;
  const { retryable, retryAfterSeconds } = error.options;
  return new StepcastError('tool_failed', `the tool "${name}" failed: ${error.message}`, {
    cause: error, ...(retryable === undefined ? {} : { retryable }), ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}

function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : typeof error === 'string' ? error : (JSON.stringify(error) ?? String(error));
  } catch {
    return 'it threw something that cannot be told';
  }
}

function unit(fraction: number): number {
  return Number.isFinite(fraction) ? Math.min(1, Math.max(0, fraction)) : 0;
}
