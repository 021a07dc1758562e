/** The example `chart`, from a question to rows and a chart, over the stream. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CHART_PROVIDERS } from '../../src/examples/chart/chart.providers.js';
import { type ChartAnswer } from '../../src/examples/chart/chart.types.js';
import { TestApp } from '../support/app.js';
import { assertWhole, of, textOf } from '../support/assert-whole.js';
import { ModelServer } from '../support/model-server/model-server.js';

const STATES = ['planning', 'understanding_schema', 'generating_query', 'executing_query', 'validating_results', 'transforming_data', 'completed'];
const PROGRESS = [0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1];
const GOOD = 'SELECT flight_phase, COUNT(*) AS strikes FROM birdstrikes GROUP BY 1 ORDER BY 2 DESC';

let app: TestApp;
let models: ModelServer;
beforeAll(async () => {
  models = await ModelServer.start();
  app = await TestApp.start({ providers: CHART_PROVIDERS, streaming: { llm: { ...models.options, prices: { 'openai/gpt-busy': { input: 1, output: 10 } } } } });
});
afterAll(async () => {
  await app.close();
  await models.close();
});

describe('POST /workflows/chart/executions', () => {
  it('streams every state of the way to rows and a chart', async () => {
    const reader = await app.alice.open('/workflows/chart/executions', { method: 'POST', body: { input: { question: 'top 5 airports by cost since 1995' } } });
    await reader.whenEnded();
    const { events } = reader;
    assertWhole(events);
    expect(of(events, 'workflow_started')[0]?.data.plan?.stages.map(({ stage }) => stage)).toEqual(STATES);
    const told = of(events, 'step_progress', 'ask/answer');
    expect(told.map(({ data }) => data.state)).toEqual(STATES);
    expect(told.map(({ data }) => data.progress)).toEqual(PROGRESS);
    const { result } = of(events, 'workflow_completed')[0]?.data as unknown as { result: ChartAnswer };
    expect(result.rows).toHaveLength(5);
    expect(result.sql).toContain("flight_date >= '1995-01-01'");
    expect(result.spec).toMatchObject({ mark: { type: 'bar' }, data: { values: result.rows } });
    expect(textOf(events, 'ask/answer')).toBe(result.explanation);
    expect((await app.alice.status(events[0]?.executionId as string)).result).toEqual(result);
  });

  it('fails with words that help where the question is not understood, and refuses an input that is none', async () => {
    const events = await app.alice.follow(await app.alice.start('chart', { question: 'ticket price by gate' }));
    expect(of(events, 'step_retrying')).toEqual([]);
    expect(of(events, 'workflow_failed')[0]?.data.error).toMatchObject({ code: 'agent_failed', cause: 'question_not_understood', stepId: 'ask/answer', message: expect.stringContaining('Forms: ') });
    const refused = await app.alice.post('/workflows/chart/executions', { input: { query: 'strikes' } });
    expect(refused).toMatchObject({ status: 400, json: { code: 'invalid_input' } });
  });

  it('lets a model plan, tells it of a wrong query, and draws what comes of the right one', async () => {
    models.script('gpt-chart',
      { pieces: [{ json: { sql: 'SELECT phase, COUNT(*) FROM birdstrikes GROUP BY 1', title: 'T', explanation: 'E', chart: 'auto' } }] },
      { pieces: [{ json: { sql: GOOD, title: 'Strikes by phase', explanation: 'Counts the strikes of each phase.', chart: 'arc' } }] });
    const events = await app.alice.follow(await app.alice.start('chart', { question: 'In which phase of flight is it dangerous?', model: 'openai/gpt-chart' }));
    const { result } = of(events, 'workflow_completed')[0]?.data as unknown as { result: ChartAnswer };
    expect(result).toMatchObject({ sql: GOOD, writtenBy: 'openai/gpt-chart', spec: { title: 'Strikes by phase', mark: { type: 'arc' } }, rows: [{ flight_phase: 'Approach', strikes: 4619 }, {}, {}, {}, {}, {}, {}] });
    expect(of(events, 'message').map(({ data }) => data.code)).toEqual(['query_refused']);
    expect(JSON.stringify(models.of('gpt-chart')[1]?.body)).toContain('no such column: phase');
    expect(of(events, 'step_completed', 'ask/answer')[0]?.data.usage).toMatchObject({ inputTokens: 20 });
  });

  it('asks a model again that was overloaded, and not one that refuses the key; the plan has the time and the cost of the model', async () => {
    models.script('gpt-busy', { fail: 'overloaded' }, { pieces: [{ json: { sql: GOOD, title: 'T', explanation: 'E.', chart: 'auto' } }] });
    const events = await app.alice.follow(await app.alice.start('chart', { question: 'strikes by phase', model: 'openai/gpt-busy' }));
    assertWhole(events);
    expect(of(events, 'step_retrying').map(({ step, data }) => [step.id, data.attempt, data.error.code])).toEqual([['ask/answer', 1, 'overloaded']]);
    expect(of(events, 'workflow_completed')[0]?.data.result).toMatchObject({ sql: GOOD, writtenBy: 'openai/gpt-busy' });
    expect(textOf(events, 'ask/answer')).toBe('E.');
    const plan = of(events, 'workflow_started')[0]?.data.plan;
    const generating = plan?.stages.find(({ stage }) => stage === 'generating_query');
    expect(generating).toMatchObject({ estimatedMs: expect.any(Number), estimatedCostUsd: expect.any(Number) });
    expect(plan?.estimatedMs).toBeGreaterThan(generating?.estimatedMs as number);
    expect(plan?.estimatedCostUsd).toBe(generating?.estimatedCostUsd);

    models.script('gpt-keyless', { fail: 'auth' });
    const refused = await app.alice.follow(await app.alice.start('chart', { question: 'strikes by phase', model: 'openai/gpt-keyless' }));
    expect(refused.at(-1)).toMatchObject({ type: 'workflow_failed', data: { error: { code: 'auth', retryable: false } } });
    expect(models.of('gpt-keyless')).toHaveLength(1);
  });

  it('drops the request to the model when it is cancelled', async () => {
    models.script('gpt-slow', { pieces: [{ hang: true }] });
    const id = await app.alice.start('chart', { question: 'anything', model: 'openai/gpt-slow' });
    const exchange = await models.arrived('gpt-slow');
    expect((await app.alice.post(`/executions/${id}/cancel`)).status).toBe(202);
    expect(await exchange.ended).toBe('client');
    expect((await app.alice.follow(id)).at(-1)?.type).toBe('workflow_cancelled');
  });
});
