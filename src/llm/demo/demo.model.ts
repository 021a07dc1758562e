/**
 * `demo/writer`: a small local writer in the place of a language model, for trying streams, tools and structured output
 * without a key, a network or a cost.
 *
 * It is no language model. It knows nothing and understands nothing: it takes words out of the prompt and puts them into
 * sentences that were written beforehand for a few kinds of request (plan, code, review, documentation, summary,
 * research), so that what streams past is readable and on the subject. The same prompt always gives the same text.
 *
 * - It streams a word at a time, at a natural but quick pace.
 * - With a JSON response format it gives a value of the schema (instance.ts).
 * - It calls one of the tools it is offered where the user's last message names it (or where it is told to by
 *   `toolChoice`), and at most once between two messages of the user.
 * - Tokens are words and punctuation marks. `maxOutputTokens` and `seed` are kept; temperature and the like change nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { StepcastError } from '../../contract/errors.js';
import { type JsonValue } from '../../contract/json.js';
import { compose } from './composer.js';
import { instanceOf } from './instance.js';
import { type CallOptions, type LanguageModelV4, readRequest } from './request.js';
import { Seeded } from './seeded.js';
import { countTokens, piecesOf } from './words.js';

type GenerateResult = Awaited<ReturnType<LanguageModelV4['doGenerate']>>;
type StreamPart = Awaited<ReturnType<LanguageModelV4['doStream']>>['stream'] extends ReadableStream<infer Part> ? Part : never;
type FunctionTool = Extract<NonNullable<CallOptions['tools']>[number], { type: 'function' }>;
type ToolCall = Extract<GenerateResult['content'][number], { type: 'tool-call' }>;
type Ending = Pick<GenerateResult, 'usage' | 'finishReason'>;

/** Milliseconds between two words: least and most. After a sentence it is twice that. */
const PACE = { least: 2, most: 8 };

/** What is said to one prompt, before any of it is. */
interface Reply {
  id: string;
  text: string;
  call: ToolCall | undefined;
  ending: Ending;
  random: Seeded;
}

/** @throws StepcastError `invalid_definition` for another model than `writer`. */
export function createDemoModel(modelId: string): LanguageModelV4 {
  if (modelId !== 'writer') throw new StepcastError('invalid_definition', `there is no model demo/${modelId}; there is demo/writer`);
  return {
    specificationVersion: 'v4',
    provider: 'demo',
    modelId,
    supportedUrls: {},
    doGenerate: async (options) => {
      options.abortSignal?.throwIfAborted();
      const { id, text, call, ending } = replyTo(options);
      return { content: [...(text === '' ? [] : [{ type: 'text' as const, text }]), ...(call ? [call] : [])], ...ending, warnings: [], response: { id, modelId } };
    },
    doStream: async (options) => {
      options.abortSignal?.throwIfAborted();
      return { stream: ReadableStream.from(partsOf(replyTo(options), modelId, options.abortSignal)) };
    },
  };
}

function replyTo(options: CallOptions): Reply {
  const request = readRequest(options.prompt);
  const random = new Seeded(`${options.seed ?? ''}${request.whole}`);
  const id = `demo-${random.between(0, 2 ** 32 - 1).toString(16)}`;
  const tool = request.answers.length === 0 ? toolFor(options, request.asked) : undefined;
  const call: ToolCall | undefined = tool && { type: 'tool-call', toolCallId: `${id}-${tool.name}`, toolName: tool.name, input: JSON.stringify(instanceOf(tool.inputSchema as JsonValue, request, random)) };
  const { responseFormat } = options;
  const whole = call ? '' : responseFormat?.type === 'json' ? JSON.stringify(instanceOf(responseFormat.schema as JsonValue | undefined, request, random)) : compose(request, random);
  const { text, isCut } = shortened(whole, options.maxOutputTokens ?? Infinity);
  const input = countTokens(request.whole);
  const output = countTokens(call ? call.input : text);
  const unified = call ? 'tool-calls' : isCut ? 'length' : 'stop';
  return {
    id, text, call, random,
    ending: {
      finishReason: { unified, raw: unified },
      usage: { inputTokens: { total: input, noCache: input, cacheRead: 0, cacheWrite: 0 }, outputTokens: { total: output, text: output, reasoning: 0 } },
    },
  };
}

/** The tool that the user names, or that the caller insists on. */
function toolFor({ tools = [], toolChoice }: CallOptions, asked: string): FunctionTool | undefined {
  const offered = tools.filter((tool) => tool.type === 'function');
  if (toolChoice?.type === 'none') return undefined;
  if (toolChoice?.type === 'tool') return offered.find(({ name }) => name === toolChoice.toolName);
  const named = offered.find(({ name }) => new RegExp(`(?<![\\w-])${name.replaceAll('-', '\\-')}(?![\\w-])`, 'i').test(asked));
  return named ?? (toolChoice?.type === 'required' ? offered[0] : undefined);
}

function shortened(whole: string, most: number): { text: string; isCut: boolean } {
  let text = '';
  let tokens = 0;
  for (const piece of piecesOf(whole)) {
    tokens += countTokens(piece);
    if (tokens > most) return { text, isCut: true };
    text += piece;
  }
  return { text, isCut: false };
}

async function* partsOf({ id, text, call, ending, random }: Reply, modelId: string, signal: AbortSignal | undefined): AsyncGenerator<StreamPart> {
  yield { type: 'stream-start', warnings: [] };
  yield { type: 'response-metadata', id, modelId };
  const wait = (piece: string): Promise<void> => sleep(random.between(PACE.least, PACE.most) * (/[.!?:]\s*$/.test(piece) ? 2 : 1), undefined, signal ? { signal } : {});
  if (text !== '') {
    yield { type: 'text-start', id };
    for (const piece of piecesOf(text)) {
      yield { type: 'text-delta', id, delta: piece };
      await wait(piece);
    }
    yield { type: 'text-end', id };
  }
  if (call) {
    yield { type: 'tool-input-start', id: call.toolCallId, toolName: call.toolName };
    for (const piece of call.input.match(/[^,]+,?|,/g) ?? []) {
      yield { type: 'tool-input-delta', id: call.toolCallId, delta: piece };
      await wait(piece);
    }
    yield { type: 'tool-input-end', id: call.toolCallId };
    yield call;
  }
  yield { type: 'finish', ...ending };
}
