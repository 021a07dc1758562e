import { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type LanguageModel, simulateReadableStream } from 'ai';
import { MockLanguageModelV4 } from 'ai/test';
import { Engine, only } from '../../../test/support/engine.js';
import { type ExecutionEvent } from '../../contract/events.js';
import { type JsonObject, type JsonValue } from '../../contract/json.js';
import { type LlmOptions } from '../../llm/llm.options.js';
import { ModelRegistry, type ResolvedModel } from '../../llm/models.registry.js';
import { agent } from '../../orchestration/definition/builder.js';
import { ChartAgent } from './chart.agent.js';
import { CHART_STATES } from './chart.operation.js';
import { type ChartAnswer, type ChartInput } from './chart.types.js';
import { Dataset } from './dataset/dataset.js';
import { Grammar } from './grammar/grammar.js';
import { ModelPlanner } from './model/model.planner.js';
import { SqlRunner } from './query/sql.runner.js';
import { SpecValidator } from './vega/spec.validator.js';

type StreamResult = Awaited<ReturnType<MockLanguageModelV4['doStream']>>;
type Part = StreamResult['stream'] extends ReadableStream<infer P> ? P : never;

const PRICES = { 'openai/mock': { input: 1, output: 10 } };
const WITH_MODEL: LlmOptions = { defaultModel: 'openai/mock', prices: PRICES, openai: { apiKey: 'k' } };

class MockRegistry extends ModelRegistry {
  constructor(private readonly mock: LanguageModel | undefined, options: LlmOptions) {
    super(options);
  }

  override async resolve(name?: string): Promise<ResolvedModel> {
    return this.mock ? { name: name ?? 'openai/mock', model: this.mock } : super.resolve(name);
  }
}

/** A model that answers with these objects, one a call; with what is no object, as it is written. */
function modelOf(...answers: JsonValue[]): MockLanguageModelV4 {
  let next = 0;
  const chunks = (answer: JsonValue | undefined): Part[] => [
    { type: 'stream-start', warnings: [] },
    { type: 'reasoning-start', id: 'r' }, { type: 'reasoning-delta', id: 'r', delta: 'hm' }, { type: 'reasoning-end', id: 'r' },
    { type: 'text-start', id: 't' }, { type: 'text-delta', id: 't', delta: typeof answer === 'string' ? answer : JSON.stringify(answer) }, { type: 'text-end', id: 't' },
    { type: 'finish', finishReason: { unified: 'stop', raw: 'stop' }, usage: { inputTokens: { total: 100, noCache: 100, cacheRead: undefined, cacheWrite: undefined }, outputTokens: { total: 10, text: 10, reasoning: undefined } } },
  ];
  return new MockLanguageModelV4({ doStream: async () => ({ stream: simulateReadableStream({ chunks: chunks(answers[next++]), initialDelayInMs: null, chunkDelayInMs: null }) }) });
}

const planned = (sql: string, more: Record<string, string> = {}): JsonValue => ({ sql, title: 'Strikes by state', explanation: 'Counts strikes.', chart: 'auto', ...more });
const GOOD = 'SELECT state, COUNT(*) AS strikes FROM birdstrikes GROUP BY 1 ORDER BY 2 DESC LIMIT 3';
const ofType = <T extends ExecutionEvent['type']>(log: ExecutionEvent[], type: T) => log.filter((event): event is Extract<ExecutionEvent, { type: T }> => event.type === type);
const statesOf = (log: ExecutionEvent[]) => ofType(log, 'step_progress').map(({ data }) => [data.state, data.progress]);
const answerOf = (log: ExecutionEvent[]) => only(log, 'workflow_completed').data.result as unknown as ChartAnswer;
const errorOf = (log: ExecutionEvent[]) => only(log, 'workflow_failed').data.error;

describe('a question', () => {
  let engine: Engine;
  const dataset = new Dataset();
  const [grammar, runner, validator] = [new Grammar(dataset), new SqlRunner(), new SpecValidator()];
  beforeEach(async () => void (engine = await new Engine().open()));
  afterEach(() => engine.close());
  afterAll(() => validator.onApplicationShutdown());

  const ask = async (input: JsonValue, model?: LanguageModel, options: LlmOptions = model ? WITH_MODEL : {}, checkedBy = validator): Promise<ExecutionEvent[]> => {
    const models = new MockRegistry(model, options);
    const planner = new ModelPlanner(models, options, dataset);
    const handler = new ChartAgent(models, dataset, grammar, planner, runner, checkedBy);
    return engine.run(agent<ChartInput>('answer', (ctx) => handler.execute(ctx)), input);
  };

  it('goes through its states in order, each an event, from a tenth to the whole', async () => {
    const log = await ask({ question: 'top 3 states' });
    expect(statesOf(log)).toEqual([
      ['planning', 0.1], ['understanding_schema', 0.2], ['generating_query', 0.3], ['executing_query', 0.5], ['validating_results', 0.7], ['transforming_data', 0.9], ['completed', 1],
    ]);
    expect(Object.entries(CHART_STATES)).toEqual(statesOf(log));
    expect(ofType(log, 'step_progress').map(({ data }) => data.metadata)).toMatchObject([
      { writtenBy: 'grammar' }, { rows: 10_000 }, { attempt: 1 }, { sql: expect.stringContaining('SELECT state') }, { rows: 3 }, { columns: [{ name: 'state' }, { name: 'strikes' }] }, { form: 'bar', rows: 3 },
    ]);
  });

  it('is answered with SQL, rows, a chart with its data, and words', async () => {
    const log = await ask({ question: 'top 3 states' });
    const answer = answerOf(log);
    const rows = [{ state: 'Texas', strikes: 1495 }, { state: 'California', strikes: 890 }, { state: 'Louisiana', strikes: 618 }];
    expect(answer).toMatchObject({
      question: 'top 3 states', rows, truncated: false, writtenBy: 'grammar',
      columns: [{ name: 'state', label: 'State', type: 'text' }, { name: 'strikes', label: 'Strikes', type: 'number' }],
      spec: { $schema: 'https://vega.github.io/schema/vega-lite/v6.json', title: 'Top 3 states by number of strikes', data: { values: rows } },
    });
    expect(only(log, 'step_output').data).toEqual({ kind: 'text', delta: answer.explanation, offset: 0 });
  });

  it('says where there is more than was read', async () => {
    const answer = answerOf(await ask({ question: 'strikes per day' }));
    expect(answer.rows).toHaveLength(1000);
    expect(answer).toMatchObject({ truncated: true, explanation: expect.stringContaining('There are more rows; the first 1000 are shown.') });
  });

  it('that is not understood, or that no record fits, fails with words that help', async () => {
    expect(errorOf(await ask({ question: 'number of passengers by state' }))).toMatchObject({
      code: 'agent_failed', cause: 'question_not_understood', retryable: false, stepId: 'answer', message: expect.stringMatching(/“passengers” is not known.*Nearest question: .*Columns: .*Forms: /),
    });
    expect(errorOf(await ask({ question: 'coyote strikes in Hawaii by year' }))).toMatchObject({ code: 'agent_failed', cause: 'nothing_found', retryable: false, message: expect.stringContaining('no record fits') });
  });

  it.each([
    ['is no Vega-Lite', class extends SpecValidator {
      override assertValid(spec: JsonObject, signal: AbortSignal): Promise<void> {
        return super.assertValid({ ...spec, mark: 'bars' }, signal);
      }
    }, /^the chart is no Vega-Lite: \/mark must be /],
    ['cannot be checked', class extends SpecValidator {
      protected override begin(): Worker {
        return new Worker('process.exit(3)', { eval: true });
      }
    }, /^the thread that checks charts has ended; the log/],
  ])('whose chart %s fails with a code', async (_what, Faulty, message) => {
    const faulty = new Faulty();
    const log = await ask({ question: 'top 3 states' }, undefined, {}, faulty);
    await faulty.onApplicationShutdown();
    expect(errorOf(log)).toMatchObject({ code: 'agent_failed', stepId: 'answer', message: expect.stringMatching(message) });
    expect(ofType(log, 'step_output')).toEqual([]);
  });

  it.each([[null], [{}], [{ question: ' ' }], [{ question: 'x'.repeat(501) }], [{ question: 'strikes', model: 1 }]])('in an input that is none is refused: %j', async (input) => {
    expect(errorOf(await ask(input))).toMatchObject({ code: 'invalid_input', retryable: false });
  });

  describe('with a model', () => {
    it('is planned by it, which is told the data set; its tokens count', async () => {
      const model = modelOf(planned(GOOD));
      const log = await ask({ question: 'Where do most strikes happen?' }, model);
      expect(answerOf(log)).toMatchObject({ sql: GOOD, writtenBy: 'openai/mock', explanation: 'Counts strikes.', spec: { title: 'Strikes by state' }, rows: [{ state: 'Texas' }, {}, {}] });
      expect(only(log, 'step_completed').data.usage).toMatchObject({ inputTokens: 100, outputTokens: 10, costUsd: 0.0002 });
      expect(ofType(log, 'step_output').map(({ data }) => [data.kind, data.delta])).toEqual([['reasoning', 'hm'], ['text', 'Counts strikes.']]);
      const [system, user] = model.doStreamCalls[0]?.prompt ?? [];
      expect(system?.content).toContain("state: text, 29 values: 'Texas', 'California'");
      expect(system?.content).toContain('speed_knots: integer, knots, 0 to 350, NULL where unknown');
      expect(user?.content).toEqual([{ type: 'text', text: 'Where do most strikes happen?' }]);
    });

    it('whose SQL will not do is told why, and tries again; progress does not go back', async () => {
      const model = modelOf(planned('DROP TABLE birdstrikes'), planned('SELECT nowhere, COUNT(*) AS n FROM birdstrikes'), planned(GOOD));
      const log = await ask({ question: 'strikes?' }, model);
      expect(answerOf(log).sql).toBe(GOOD);
      expect(statesOf(log)).toEqual([
        ['planning', 0.1], ['understanding_schema', 0.2], ['generating_query', 0.3], ['executing_query', 0.5], ['generating_query', 0.5], ['executing_query', 0.5],
        ['generating_query', 0.5], ['executing_query', 0.5], ['validating_results', 0.7], ['transforming_data', 0.9], ['completed', 1],
      ]);
      expect(ofType(log, 'message').map(({ data }) => data.code)).toEqual(['query_refused', 'query_refused']);
      expect(JSON.stringify(model.doStreamCalls[2]?.prompt)).toMatch(/DROP TABLE.*must be one SELECT.*no such column: nowhere/);
      expect(only(log, 'step_completed').data.usage).toMatchObject({ inputTokens: 300 });
    });

    it('that never writes any that will do fails in the end', async () => {
      const bad = [planned('SELECT 1; SELECT 2'), planned("SELECT state FROM birdstrikes WHERE state = 'Atlantis'"), planned('SELECT state FROM birdstrikes')];
      expect(errorOf(await ask({ question: 'strikes?' }, modelOf(...bad)))).toMatchObject({ code: 'output_invalid', retryable: false, message: expect.stringContaining('no column of the answer holds numbers') });
    });

    it('that says the data do not answer it is believed', async () => {
      const model = modelOf(planned('', { explanation: 'There is nothing about passengers.' }));
      expect(errorOf(await ask({ question: 'passengers by state' }, model))).toMatchObject({ code: 'agent_failed', cause: 'question_not_understood', message: 'the data cannot answer that: There is nothing about passengers.' });
      expect(model.doStreamCalls).toHaveLength(1);
    });

    it('that writes no object fails with a code', async () => {
      expect(errorOf(await ask({ question: 'strikes?' }, modelOf('SELECT 1')))).toMatchObject({ code: 'output_invalid', retryable: true });
    });

    it('that is named and cannot be called fails; the default one leaves it to the grammar, and says so', async () => {
      expect(errorOf(await ask({ question: 'strikes?', model: 'openai/gpt' }))).toMatchObject({ code: 'model_not_configured', message: expect.stringContaining('OPENAI_API_KEY') });
      const log = await ask({ question: 'strikes by state' }, undefined, { defaultModel: 'openai/gpt' });
      expect(answerOf(log).writtenBy).toBe('grammar');
      expect(only(log, 'message').data).toMatchObject({ level: 'warn', code: 'model_not_used', text: expect.stringContaining('OPENAI_API_KEY') });
    });

    it('has answers of its own in a cache: another one, or the grammar, may know others', () => {
      const subjectOf = (input: ChartInput, options: LlmOptions) => {
        const models = new ModelRegistry(options);
        return new ChartAgent(models, dataset, grammar, new ModelPlanner(models, options, dataset), runner, validator).cacheSubject(input);
      };
      const question = 'strikes by state';
      const key = { apiKey: 'k' };
      expect(subjectOf({ question }, {})).toEqual({ model: 'grammar', fixed: { question } });
      expect(subjectOf({ question }, { defaultModel: 'demo/writer' }).model).toBe('grammar');
      expect(subjectOf({ question }, { defaultModel: 'openai/a', openai: key }).model).toBe('openai/a');
      expect(subjectOf({ question }, { defaultModel: 'openai/a', openai: { ...key, baseUrl: 'http://localhost:1/v1' } }).model).toBe('openai/a at http://localhost:1/v1');
      expect(subjectOf({ question, model: 'openai/b' }, { defaultModel: 'openai/a', openai: key }).model).toBe('openai/b');
    });

    it('of the demo, which writes no SQL, leaves it to the grammar', async () => {
      const log = await ask({ question: 'strikes by state', model: 'demo/writer' });
      expect(answerOf(log).writtenBy).toBe('grammar');
      expect(only(log, 'message').data).toMatchObject({ code: 'model_not_used' });
    });
  });
});
