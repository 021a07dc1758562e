/** A call of a model by the AI SDK, which is loaded with the first. */
import { type LanguageModel, type TextStreamPart, type ToolSet } from 'ai';
import { StepcastError } from '../contract/errors.js';
import { type JsonValue } from '../contract/json.js';
import { type LlmInput } from './llm.input.js';
import { isStrictSchema } from './strict.schema.js';
import { type RegisteredTool } from './tools/tool.registry.js';

export type ModelPart = TextStreamPart<ToolSet>;

const STEPS_WITH_TOOLS = 8;

export interface ModelCall {
  model: LanguageModel;
  input: LlmInput;
  tools: readonly RegisteredTool[];
  /** Runs a tool that the model calls; `callId` is the provider's. What it throws, the model is told. */
  runTool: (name: string, input: JsonValue, callId: string) => Promise<JsonValue>;
  /** Drops the provider's request. */
  signal: AbortSignal;
}

/** How often the model may be called in all. */
export function maxStepsOf({ maxSteps, tools }: LlmInput): number {
  return maxSteps ?? (tools?.length ? STEPS_WITH_TOOLS : 1);
}

/** Starts the call; answers all that comes of it, from the model and from the tools it calls, as it comes. */
export async function startCall({ model, input, tools, runTool, signal }: ModelCall): Promise<AsyncIterable<ModelPart>> {
  const { experimental_streamTextLowMemory: streamText, isStepCount, jsonSchema, Output, tool } = await import('ai');
  // Readers of the stream are told of warnings; an app that wants them on its console too says so by this.
  globalThis.AI_SDK_LOG_WARNINGS ??= false;
  const { prompt, messages, system, schema, reasoning, temperature, topP, topK, presencePenalty, frequencyPenalty, stopSequences, seed, maxOutputTokens } = input;
  const toolSet: ToolSet = Object.fromEntries(
    tools.map(({ name, description, schema: form }) => [
      name,
      tool({ description, inputSchema: jsonSchema<JsonValue>(form as object), execute: (given, { toolCallId }) => runTool(name, given, toolCallId) }),
    ]),
  );
  const strict = schema !== undefined && isStrictSchema(schema);
  // Objects are read when they are whole: to parse all there is of one with each piece takes the square of its length.
  const output = schema && { ...Output.object({ schema: jsonSchema(schema) }), parsePartialOutput: async () => undefined };
  // The plain streamText keeps every part of the stream until the end, for readers that there are none of here.
  return streamText({
    model,
    instructions: system,
    ...(messages ? { messages } : { prompt: typeof prompt === 'string' ? prompt : JSON.stringify(prompt, undefined, 2) }),
    tools: tools.length > 0 ? toolSet : undefined,
    output,
    stopWhen: isStepCount(maxStepsOf(input)),
    reasoning,
    temperature, topP, topK, presencePenalty, frequencyPenalty, stopSequences, seed,
    maxOutputTokens,
    // A retry within the step would be seen by nobody, and its text would stand twice: a `retry` step is there for that.
    maxRetries: 0,
    abortSignal: signal,
    providerOptions: {
      anthropic: { includePings: true },
      // The others tell what a model thinks as soon as they are asked to let it think.
      ...(reasoning && reasoning !== 'none' && { google: { thinkingConfig: { includeThoughts: true } } }),
      ...(schema && { openai: { strictJsonSchema: strict }, openaiCompatible: { strictJsonSchema: strict } }),
    },
    experimental_download: fetchNothing,
    // Errors come as parts too; by default the SDK prints them.
    onError: () => undefined,
  }).stream;
}

type Download = NonNullable<Parameters<typeof import('ai').streamText>[0]['experimental_download']>;

/** Prompts come from users: the addresses in them are for the provider to fetch, and never for this server. */
const fetchNothing: Download = async (requests) =>
  requests.map(({ url, isUrlSupportedByModel }) => {
    if (isUrlSupportedByModel) return null;
    throw new StepcastError('address_refused', `the model takes no files from ${url.origin}, and this service fetches none for it; give the data itself, as base64`, { retryable: false });
  });
