/**
 * One question, from its words to a chart, as a `StreamingOperation`: each state is told when it begins. With a model,
 * SQL that will not do is told to it, and it tries again; progress never goes back for that.
 */
import { StepcastError } from '../../contract/errors.js';
import { type JsonObject } from '../../contract/json.js';
import { type OperationProgress, type StreamingOperation } from '../../orchestration/operations/streaming-operation.js';
import { type AnswerColumn, type ChartAnswer, type ChartInput, type QueryPlan } from './chart.types.js';
import { type Dataset } from './dataset/dataset.js';
import { type Grammar } from './grammar/grammar.js';
import { type ModelPlanner, type ModelVoice, type Refusal } from './model/model.planner.js';
import { SqlRefused } from './query/sql.guard.js';
import { type QueryResult, type SqlRunner } from './query/sql.runner.js';
import { describeColumns } from './vega/columns.js';
import { buildSpec } from './vega/spec.builder.js';
import { type SpecValidator } from './vega/spec.validator.js';

/** The states, in order, with how far the operation is when each begins. */
export const CHART_STATES = {
  planning: 0.1,
  understanding_schema: 0.2,
  generating_query: 0.3,
  executing_query: 0.5,
  validating_results: 0.7,
  transforming_data: 0.9,
  completed: 1,
} as const;
type State = keyof typeof CHART_STATES;

/** How often a model may write SQL for one question. */
const MAX_TRIES = 3;

export interface ChartTools {
  dataset: Dataset;
  grammar: Grammar;
  planner: ModelPlanner;
  runner: SqlRunner;
  validator: SpecValidator;
}

/** A plan, what came of it, and what its columns are. */
interface Executed {
  plan: QueryPlan;
  result: QueryResult;
  columns: AnswerColumn[];
}

export class ChartOperation implements StreamingOperation<ChartAnswer> {
  readonly operationName = 'chart';
  private told = 0;

  constructor(private readonly input: ChartInput, private readonly tools: ChartTools, private readonly voice: ModelVoice) {}

  async execute(progress: OperationProgress, signal: AbortSignal): Promise<ChartAnswer> {
    const tell = (state: State, metadata: JsonObject): void => {
      signal.throwIfAborted();
      this.told = Math.max(this.told, CHART_STATES[state]);
      progress(this.told, state, metadata);
    };
    const { question } = this.input;
    const { dataset, planner, validator } = this.tools;
    const model = await planner.modelFor(this.input.model, this.voice);
    const writtenBy = model ?? 'grammar';
    tell('planning', { writtenBy });
    // The first chart after a while would else wait for it at the end.
    validator.prepare();
    const { rows, first, last, columns: known } = dataset.profile;
    tell('understanding_schema', { columns: known.map(({ name }) => name), rows, first, last });
    const { plan, result, columns } = await this.query(model, tell, signal);
    tell('transforming_data', { columns: columns.map(({ name, type }) => ({ name, type })) });
    const { spec, form, notes } = buildSpec(columns, result.rows, plan);
    await validator.assertValid(spec, signal);
    const cut = result.truncated ? [`There are more rows; the first ${result.rows.length} are shown.`] : [];
    const explanation = [plan.explanation.trim(), ...cut, ...notes].join(' ');
    progress.text(explanation);
    tell('completed', { form, rows: result.rows.length });
    return { question, sql: plan.sql, columns, rows: result.rows, truncated: result.truncated, spec, explanation, writtenBy };
  }

  private async query(model: string | undefined, tell: (state: State, metadata: JsonObject) => void, signal: AbortSignal): Promise<Executed> {
    const { question } = this.input;
    const { grammar, planner } = this.tools;
    const refusals: Refusal[] = [];
    for (let attempt = 1; ; attempt++) {
      tell('generating_query', { attempt });
      const plan = model === undefined ? grammar.plan(question) : await planner.plan(model, question, refusals, this.voice, signal);
      try {
        return await this.run(plan, attempt, tell, signal);
      } catch (error) {
        if (!(error instanceof SqlRefused) || model === undefined) throw error;
        // It was told each time what would not do: asking anew, without that, is no better.
        if (attempt === MAX_TRIES) throw new StepcastError('output_invalid', `the model "${model}" has written no SQL that will do in ${MAX_TRIES} tries; the last: ${error.message}`, { retryable: false });
        this.voice.log(`Query ${attempt} of ${MAX_TRIES} will not do: ${error.message}`, 'warn', 'query_refused');
        refusals.push({ sql: plan.sql, reason: error.message });
      }
    }
  }

  /** @throws SqlRefused where nothing can be drawn of what the SQL gives. */
  private async run(plan: QueryPlan, attempt: number, tell: (state: State, metadata: JsonObject) => void, signal: AbortSignal): Promise<Executed> {
    tell('executing_query', { attempt, sql: plan.sql });
    const result = await this.tools.runner.run(plan.sql, signal, { user: this.voice.user });
    tell('validating_results', { rows: result.rows.length, truncated: result.truncated });
    const columns = describeColumns(result.columns, result.rows, plan.labels);
    assertDrawable(columns, result);
    return { plan, result, columns };
  }
}

/** @throws SqlRefused */
function assertDrawable(columns: readonly AnswerColumn[], { rows }: QueryResult): void {
  const isEmpty = rows.length === 0 || columns.every(({ name }) => rows.every((row) => row[name] === null));
  if (isEmpty) throw new SqlRefused('no record fits; ask for more than that', 'nothing_found');
  if (!columns.some(({ type }) => type === 'number')) throw new SqlRefused('no column of the answer holds numbers, so that there is nothing to draw', 'nothing_found');
}
