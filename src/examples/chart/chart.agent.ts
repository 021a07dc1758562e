import { type AgentStep } from '../../contract/definition.js';
import { type JsonValue } from '../../contract/json.js';
import { StepcastError } from '../../contract/errors.js';
import { ModelRegistry } from '../../llm/models.registry.js';
import { isTemplate } from '../../orchestration/agents/step.faults.js';
import { type AgentContext, type AgentHandler, type CacheSubject } from '../../orchestration/agent.js';
import { Agent } from '../../orchestration/decorators.js';
import { type OperationProgress } from '../../orchestration/operations/streaming-operation.js';
import { ChartOperation, type ChartTools } from './chart.operation.js';
import { type ChartAnswer, type ChartInput } from './chart.types.js';
import { Dataset } from './dataset/dataset.js';
import { Grammar } from './grammar/grammar.js';
import { ModelPlanner } from './model/model.planner.js';
import { SqlRunner } from './query/sql.runner.js';
import { SpecValidator } from './vega/spec.validator.js';

/** Characters. */
export const QUESTION_LIMIT = 500;

/** Answers a question about the data set with rows and a chart. */
@Agent({ name: 'chart.answer', description: 'Answers a question about wildlife strikes with rows and a Vega-Lite chart: {question, model?}' })
export class ChartAgent implements AgentHandler<ChartInput> {
  private readonly tools: ChartTools;

  constructor(private readonly models: ModelRegistry, dataset: Dataset, grammar: Grammar, planner: ModelPlanner, runner: SqlRunner, validator: SpecValidator) {
    this.tools = { dataset, grammar, planner, runner, validator };
  }

  /** A model that the step, or else the workflow's input, names and nobody has configured is refused before the start. */
  check({ input: own }: Readonly<AgentStep>, input: JsonValue): void {
    const { model } = ((own ?? input) ?? {}) as Partial<Record<keyof ChartInput, unknown>>;
    if (typeof model === 'string' && !isTemplate(model)) this.models.check(model);
  }

  /** What a step that is cached depends on. A question like another one, of another year, has another answer: there is no prompt. */
  cacheSubject(input: ChartInput): CacheSubject {
    // It may be anything here: `execute` looks at it.
    const { model } = (input ?? {}) as Partial<Record<keyof ChartInput, unknown>>;
    return { model: this.tools.planner.authorOf(typeof model === 'string' ? model : undefined), fixed: { ...input } };
  }

  async execute(ctx: AgentContext<ChartInput>): Promise<ChartAnswer> {
    try {
      return await new ChartOperation(inputOf(ctx.input), this.tools, ctx).execute(progressOf(ctx), ctx.signal);
    } catch (error) {
      throw certain(error);
    }
  }
}

/** Of failures with a code, those alone are tried again that say so of themselves: a model costs each time. */
function certain(error: unknown): unknown {
  if (!(error instanceof StepcastError) || error.options.retryable !== undefined) return error;
  return new StepcastError(error.code, error.message, { ...error.options, retryable: false });
}

function progressOf(ctx: AgentContext<ChartInput>): OperationProgress {
  return Object.assign((fraction: number, state?: string, metadata?: JsonValue): void => void ctx.progress(fraction, state, metadata), {
    text: (delta: string): void => void ctx.text(delta),
    data: (delta: JsonValue): void => void ctx.data(delta),
    log: (...told: Parameters<typeof ctx.log>): void => void ctx.log(...told),
  });
}

/** The agent can be named in any workflow, also in one that a user sends. @throws StepcastError `invalid_input` */
function inputOf(input: unknown): ChartInput {
  const { question, model } = (input ?? {}) as Partial<Record<keyof ChartInput, unknown>>;
  if (typeof question !== 'string' || question.trim() === '' || question.length > QUESTION_LIMIT) throw new StepcastError('invalid_input', `question must be a text of 1 to ${QUESTION_LIMIT} characters`);
  if (model !== undefined && typeof model !== 'string') throw new StepcastError('invalid_input', 'model must be a text, such as "openai/gpt-5"');
  return { question, ...(model === undefined ? {} : { model }) };
}
