/** The agent `llm`: one call of a language model, with the tools it calls, as one step (decision 0009). */
import { type AgentStep } from '../contract/definition.js';
import { StepcastError } from '../contract/errors.js';
import { type JsonValue } from '../contract/json.js';
import { type AgentContext, type AgentHandler, type CacheSubject, type Piece } from '../orchestration/agent.js';
import { Agent } from '../orchestration/decorators.js';
import { llmSubject } from './cache.subject.js';
import { CallDesk } from './call.desk.js';
import { IdleWatch } from './idle.watch.js';
import { maxStepsOf, type ModelCall, startCall } from './llm.call.js';
import { inspectInput, type LlmInput, readInput } from './llm.input.js';
import { LlmOptions } from './llm.options.js';
import { type Ending, narrate } from './llm.stream.js';
import { ModelRegistry } from './models.registry.js';
import { cutOff } from './provider.errors.js';
import { refuseStep } from '../orchestration/agents/step.faults.js';
import { readObject } from './structured.output.js';
import { type RegisteredTool, ToolRegistry } from './tools/tool.registry.js';
import { ToolRunner } from './tools/tool.runner.js';

const IDLE_TIMEOUT_MS = 120_000;

@Agent({ name: 'llm', description: 'Asks a language model, which may call tools: {model?, prompt | messages, system?, tools?, schema?, maxSteps?, reasoning?, temperature?, topP?, topK?, presencePenalty?, frequencyPenalty?, stopSequences?, seed?, maxOutputTokens?}' })
export class LlmAgent implements AgentHandler {
  private readonly hasTool = (name: string): boolean => this.tools.get(name) !== undefined;

  constructor(
    private readonly models: ModelRegistry,
    private readonly tools: ToolRegistry,
    private readonly runner: ToolRunner,
    private readonly options: LlmOptions,
  ) {}

  /** @throws StepcastError `model_not_configured`, or `invalid_definition` with the faults of the input. */
  check({ name, input }: Readonly<AgentStep>): void {
    // What another step gives may be anything.
    if (input === undefined || typeof input === 'function') return;
    const { faults, model } = inspectInput(input, this.hasTool);
    refuseStep('llm', name, faults);
    if (model !== null) this.models.check(model);
  }

  cacheSubject(input: JsonValue): CacheSubject {
    return llmSubject(input, this.options.defaultModel, {
      addressOf: (model) => this.models.addressOf(model),
      toolOf: (name) => {
        const tool = this.tools.get(name);
        return tool && { name, description: tool.description, schema: tool.schema };
      },
    });
  }

  async *execute(ctx: AgentContext): AsyncGenerator<Piece, JsonValue, void> {
    const input = readInput(ctx.input, this.hasTool);
    // Waiting for a limit is no silence of the model.
    const aside = <T>(work: () => Promise<T>): Promise<T> => watch.aside(work);
    const { name, model } = await this.models.resolve(input.model, { user: ctx.user, log: (...told) => ctx.log(...told), aside });
    const tools = (input.tools ?? []).map((tool) => this.tools.get(tool) as RegisteredTool);
    const idleMs = this.options.idleTimeoutMs ?? IDLE_TIMEOUT_MS;
    const maxSteps = maxStepsOf(input);
    /** Each step of the model is as much of this one: how many there will be, nobody knows. */
    let rounds = 0;
    const desk = new CallDesk();
    const watch = new IdleWatch(idleMs);
    const hangUp = new AbortController();
    try {
      const runTool: ModelCall['runTool'] = async (tool, given, id) => {
        const callId = await desk.told(id);
        const within = { from: (rounds - 1) / maxSteps, to: rounds / maxSteps };
        return watch.aside(() => this.runner.run(tool, given, ctx, { callId, within }));
      };
      const signal = AbortSignal.any([ctx.signal, watch.signal, hangUp.signal]);
      // The first call loads the SDK, which is no silence of the model either.
      const parts = await watch.aside(() => startCall({ model, input, tools, runTool, signal }));
      const ending = yield* narrate(parts, ctx, {
        model: name, writesObject: input.schema !== undefined, desk,
        heard: ({ type }) => {
          watch.heard();
          if (type === 'start-step') rounds++;
        },
        progress: () => (rounds - 1) / maxSteps,
        costOf: (usage) => this.models.costOf(name, usage),
      });
      const output = outputOf(ending, input, name);
      if (output === '') ctx.log(`the model "${name}" is done and has written nothing`, 'warn', 'empty_answer');
      if (ending.isCalling) ctx.log(`the model "${name}" was to call tools again after ${maxSteps} steps; raise maxSteps to let it`, 'warn', 'max_steps');
      return output;
    } catch (error) {
      if (ctx.signal.aborted) throw ctx.signal.reason;
      if (watch.expired) throw cutOff(name, `was silent for ${idleMs} ms, and its request was dropped`, 'put the step into a retry, or raise LLM_IDLE_TIMEOUT_MS');
      throw this.models.failure(name, error);
    } finally {
      watch.stop();
      // Also where the stream is left in its middle: the provider is not to go on for nobody.
      hangUp.abort();
    }
  }
}

/** What was streamed is the output, also where the model was not done. Of one that has said nothing so far there is none: an empty text would pass for its answer. */
function outputOf({ text, lastText, isCalling, finishReason, rawFinishReason }: Ending, input: LlmInput, model: string): JsonValue {
  const { schema } = input;
  if (isCalling && (schema || text === '')) {
    throw new StepcastError('output_invalid', `the model "${model}" has spent all its steps (maxSteps ${maxStepsOf(input)}) on tools and written no ${schema ? 'object' : 'text'}; raise maxSteps`);
  }
  if (!schema && text === '' && finishReason === 'length') {
    throw new StepcastError('output_invalid', `the model "${model}" has reached its limit of tokens before it wrote any text; raise maxOutputTokens, or let it reason less`);
  }
  if (!schema && text === '' && finishReason === 'other') {
    throw new StepcastError('model_failed', `the model "${model}" has stopped with "${rawFinishReason}" and written nothing; put the step into a retry, or word the prompt differently`, { retryable: true });
  }
  if (!schema) return text;
  if (finishReason === 'length') throw new StepcastError('output_invalid', `the object of the model "${model}" is cut short; raise maxOutputTokens`);
  return readObject(lastText, schema, model);
}
