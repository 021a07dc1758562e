/**
 * From what the AI SDK streams to what an agent says. Text, reasoning and the inputs of tools go out as they come; tools
 * that run tell of themselves. The text of all rounds is the output, so that who appends the pieces has it exactly (P11).
 * Where the output is an object, its JSON is kept back: pieces of kind `text` would be no part of that output. The reader
 * is told that it is being written (`step_progress`, state `writing_object`), and sees it in `step_completed`.
 */
import { type CallWarning, type FinishReason } from 'ai';
import { StepcastError } from '../contract/errors.js';
import { type Usage } from '../contract/events.js';
import { type JsonValue } from '../contract/json.js';
import { type AgentContext, type Piece } from '../orchestration/agent.js';
import { type CallDesk } from './call.desk.js';
import { type ModelPart } from './llm.call.js';
import { cutOff } from './provider.errors.js';
import { usageOf } from './usage.js';

export interface Narration {
  /** `provider/model` */
  model: string;
  /** Whether the model writes an object, and no text. */
  writesObject: boolean;
  desk: CallDesk;
  /** Called with every part. */
  heard: (part: ModelPart) => void;
  /** How far the step is, 0..1. */
  progress: () => number;
  costOf: (usage: Usage) => number | undefined;
}

export interface Ending {
  /** Of all rounds. */
  text: string;
  /** Of the last one. */
  lastText: string;
  /** Whether the last round ended with calls of tools: the model would go on. Some servers say of such a round that it is done. */
  isCalling: boolean;
  finishReason: FinishReason;
  /** In the provider's words. */
  rawFinishReason: string | undefined;
}

type Context = Pick<AgentContext, 'text' | 'reasoning' | 'toolInput' | 'toolCall' | 'toolResult' | 'progress' | 'log' | 'usage'>;
type PartOf<T extends ModelPart['type']> = Extract<ModelPart, { type: T }>;

/** Tells all that comes, and answers how it ended. @throws what a part has told as an error, or a StepcastError. */
export async function* narrate(parts: AsyncIterable<ModelPart>, ctx: Context, narration: Narration): AsyncGenerator<Piece, Ending, void> {
  const { writesObject, desk } = narration;
  const warned = new Set<string>();
  let text = '';
  let lastText = '';
  let isCalling = false;
  for await (const part of parts) {
    narration.heard(part);
    switch (part.type) {
      case 'start-step':
        lastText = '';
        isCalling = false;
        for (const warning of part.warnings.map(textOf)) {
          if (!warned.has(warning)) yield ctx.log(warning, 'warn', 'model_warning');
          warned.add(warning);
        }
        break;
      case 'text-delta':
        if (writesObject && lastText === '') yield ctx.progress(narration.progress(), 'writing_object');
        lastText += part.text;
        if (writesObject) break;
        text += part.text;
        yield ctx.text(part.text);
        break;
      case 'reasoning-delta':
        yield ctx.reasoning(part.text);
        break;
      case 'tool-input-start':
        desk.announce(part.id);
        break;
      case 'tool-input-delta':
        yield ctx.toolInput(part.delta, desk.writing(part.id));
        break;
      case 'tool-call':
        isCalling = true;
        if (!part.invalid) {
          desk.tell(part.toolCallId);
        } else {
          const callId = desk.take(part.toolCallId);
          yield ctx.toolCall({ callId, tool: part.toolName, input: part.input as JsonValue });
          yield ctx.toolResult(callId, { error: invalidCall(part) });
        }
        break;
      case 'finish-step':
        tellUsage(part, ctx, narration);
        yield* tellEnd(part, ctx, narration.model);
        break;
      case 'finish':
        return { text, lastText, isCalling, finishReason: part.finishReason, rawFinishReason: part.rawFinishReason };
      case 'error':
        throw part.error;
      default:
        break;
    }
  }
  throw cutOff(narration.model, 'has ended its stream before its answer');
}

/** A call that names no tool, or whose input is no JSON: the model is told, and goes on. */
function invalidCall({ toolName, error }: PartOf<'tool-call'>): StepcastError {
  if ((error as Error | undefined)?.name === 'AI_NoSuchToolError') return new StepcastError('tool_not_found', `the model has called "${toolName}", which is none of its tools`);
  return new StepcastError('tool_failed', `the input of "${toolName}" is no JSON`);
}

function tellUsage({ usage }: PartOf<'finish-step'>, ctx: Context, { costOf }: Narration): void {
  const used = usageOf(usage);
  const costUsd = costOf(used);
  ctx.usage(costUsd === undefined ? used : { ...used, costUsd });
}

/** @throws StepcastError where a round did not end well. */
function* tellEnd({ finishReason, rawFinishReason }: PartOf<'finish-step'>, ctx: Context, model: string): Generator<Piece, void, void> {
  switch (finishReason) {
    case 'content-filter':
      throw new StepcastError('content_filter', `the provider has filtered the answer of the model "${model}" (word the prompt differently)`, { retryable: false });
    case 'interrupted':
      throw cutOff(model, 'has ended its stream before its answer');
    case 'error':
      throw failed(model, rawFinishReason);
    case 'length':
      yield ctx.log(`the model "${model}" has reached its limit of tokens: its answer is cut short`, 'warn', 'output_truncated');
      break;
    case 'other':
      // So the SDK says it where a stream ended without a word of why.
      if (rawFinishReason === undefined) throw cutOff(model, 'has ended its stream before its answer');
      if (rawFinishReason === 'error') throw failed(model);
      yield ctx.log(`the model "${model}" has stopped with "${rawFinishReason}"`, 'warn', 'finish_reason');
      break;
    default:
      break;
  }
}

function failed(model: string, reason?: string): StepcastError {
  return new StepcastError('model_failed', `the model "${model}" has failed${reason === undefined ? '' : `: ${reason}`} (try later, or put the step into a retry)`, { retryable: true });
}

function textOf(warning: CallWarning): string {
  switch (warning.type) {
    case 'unsupported':
    case 'compatibility': {
      const what = warning.type === 'unsupported' ? 'does not support' : 'supports only by a work-around';
      return `the model ${what} "${warning.feature}"${warning.details === undefined ? '' : `: ${warning.details}`}`;
    }
    case 'deprecated':
      return `"${warning.setting}" is deprecated: ${warning.message}`;
    default:
      return warning.message;
  }
}
