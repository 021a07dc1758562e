/**
 * Plans with a language model: it is told what the data set holds, and writes the SQL and what to draw. What it writes is
 * guarded and run like SQL of a stranger; where that fails it is told why, and may try again.
 */
import { Injectable } from '@nestjs/common';
import { StepcastError } from '../../../contract/errors.js';
import { type JsonObject } from '../../../contract/json.js';
import { type PlannedStage } from '../../../contract/plan.js';
import { CallDesk } from '../../../llm/call.desk.js';
import { IdleWatch } from '../../../llm/idle.watch.js';
import { startCall } from '../../../llm/llm.call.js';
import { type ChatMessage } from '../../../llm/llm.input.js';
import { LlmOptions } from '../../../llm/llm.options.js';
import { narrate } from '../../../llm/llm.stream.js';
import { ModelRegistry } from '../../../llm/models.registry.js';
import { cutOff } from '../../../llm/provider.errors.js';
import { readObject } from '../../../llm/structured.output.js';
import { type AgentContext, Piece } from '../../../orchestration/agent.js';
import { CHART_FORMS, type ChartForm, type QueryPlan } from '../chart.types.js';
import { callEstimate, tokensOf } from '../../team/estimate.js';
import { Dataset } from '../dataset/dataset.js';
import { instructions } from './instructions.js';

/** SQL that the model wrote before, and why it would not do. */
export interface Refusal {
  sql: string;
  reason: string;
}

/** Tokens of a query with its title and explanation; reasoning, which some models do, not counted. */
const ANSWER_TOKENS = 200;
/** The grammar answers at once. */
const GRAMMAR_MS = 5;

/** What of an agent's context a model speaks through, and for whom. */
export type ModelVoice = Pick<AgentContext, 'reasoning' | 'log' | 'usage'> & Partial<Pick<AgentContext, 'user'>>;

interface Answer {
  sql: string;
  title: string;
  explanation: string;
  chart: ChartForm | 'auto';
}

/** Closed, and with every member required, as strict modes ask for. */
const ANSWER: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['sql', 'title', 'explanation', 'chart'],
  properties: {
    sql: { type: 'string', description: 'One SELECT in the dialect of SQLite; empty where the data cannot answer the question' },
    title: { type: 'string', description: 'Title of the chart' },
    explanation: { type: 'string', description: 'How the question was understood, in a sentence or two; or why the data cannot answer it' },
    chart: { enum: ['auto', ...CHART_FORMS], description: 'The form that shows the answer best' },
  },
};
const MAX_OUTPUT_TOKENS = 4000;
const IDLE_TIMEOUT_MS = 120_000;
const NOTHING = new Piece();
const untold = (): Piece => NOTHING;

@Injectable()
export class ModelPlanner {
  constructor(private readonly models: ModelRegistry, private readonly options: LlmOptions, private readonly dataset: Dataset) {}

  /** `provider/model` that will plan, or nothing where the grammar does. @throws StepcastError where the one that is named cannot be called. */
  async modelFor(named: string | undefined, voice: ModelVoice): Promise<string | undefined> {
    if (named === undefined && this.options.defaultModel === undefined) return undefined;
    try {
      const { name } = await this.models.resolve(named);
      if (!isDemo(name)) return name;
      voice.log(`${name} writes texts, and no SQL: the grammar answers`, 'info', 'model_not_used');
    } catch (error) {
      if (named !== undefined) throw error;
      voice.log(`${(error as Error).message}; until then the grammar answers`, 'warn', 'model_not_used');
    }
    return undefined;
  }

  /** Whose answers those are: of a model, at the address that is set for it, or of the grammar. A cache keeps them apart. */
  authorOf(named: string | undefined): string {
    const name = named ?? this.options.defaultModel;
    if (name === undefined || isDemo(name) || !this.models.isConfigured(name)) return 'grammar';
    const address = this.models.addressOf(name);
    return address === undefined ? name : `${name} at ${address}`;
  }

  /** What writing one query is expected to take, by the model that will do it, or by the grammar. */
  estimate(question: string, named: string | undefined): Pick<PlannedStage, 'estimatedMs' | 'estimatedCostUsd'> {
    const name = named ?? this.options.defaultModel;
    if (name === undefined || isDemo(name) || !this.models.isConfigured(name)) return { estimatedMs: GRAMMAR_MS };
    return callEstimate({ input: tokensOf(instructions(this.dataset.profile) + question), output: ANSWER_TOKENS }, name, this.models);
  }

  /** @throws StepcastError, coded, where the model fails; Error `question_not_understood` where it says that the data cannot answer. */
  async plan(name: string, question: string, refusals: readonly Refusal[], voice: ModelVoice, signal: AbortSignal): Promise<QueryPlan> {
    const idleMs = this.options.idleTimeoutMs ?? IDLE_TIMEOUT_MS;
    const aside = <T>(work: () => Promise<T>): Promise<T> => watch.aside(work);
    const { model } = await this.models.resolve(name, { log: voice.log, aside, ...(voice.user === undefined ? {} : { user: voice.user }) });
    const watch = new IdleWatch(idleMs);
    const hangUp = new AbortController();
    try {
      const parts = await startCall({
        model,
        input: { system: instructions(this.dataset.profile), messages: conversation(question, refusals), schema: ANSWER, maxOutputTokens: MAX_OUTPUT_TOKENS },
        tools: [],
        runTool: () => Promise.reject(new StepcastError('tool_not_found', 'there are no tools here')),
        signal: AbortSignal.any([signal, watch.signal, hangUp.signal]),
      });
      return planOf(readObject(await this.lastText(parts, name, voice, watch), ANSWER, name) as unknown as Answer);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (watch.expired) throw cutOff(name, `was silent for ${idleMs} ms, and its request was dropped`);
      throw error instanceof Unanswerable ? error : this.models.failure(name, error);
    } finally {
      watch.stop();
      hangUp.abort();
    }
  }

  /** Of all that the model tells, its reasoning, its warnings and its usage are the reader's; the states are ours to tell. */
  private async lastText(parts: Parameters<typeof narrate>[0], model: string, voice: ModelVoice, watch: IdleWatch): Promise<string> {
    const { reasoning, log, usage } = voice;
    const said = narrate(parts, { reasoning, log, usage, progress: untold, text: untold, toolInput: untold, toolCall: untold, toolResult: untold }, {
      model, writesObject: true, desk: new CallDesk(), heard: () => watch.heard(), progress: () => 0, costOf: (used) => this.models.costOf(model, used),
    });
    for (;;) {
      const next = await said.next();
      if (next.done) return next.value.lastText;
    }
  }
}

/** The model has understood the question, and says that these data do not answer it. */
class Unanswerable extends Error {
  readonly code = 'question_not_understood';
  readonly retryable = false;
}

/** It writes texts, and no SQL. */
function isDemo(name: string): boolean {
  return name.startsWith('demo/');
}

function planOf({ sql, title, explanation, chart }: Answer): QueryPlan {
  if (sql.trim() === '') throw new Unanswerable(`the data cannot answer that: ${explanation}`);
  return { sql, title, explanation, labels: {}, orders: {}, steps: {}, ...(chart === 'auto' ? {} : { form: chart }) };
}

function conversation(question: string, refusals: readonly Refusal[]): ChatMessage[] {
  return [
    { role: 'user', content: question },
    ...refusals.flatMap(({ sql, reason }): ChatMessage[] => [
      { role: 'assistant', content: JSON.stringify({ sql }) },
      { role: 'user', content: `That will not do: ${reason}. Write it differently.` },
    ]),
  ];
}
