import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { childrenOf, definitionData, type WorkflowDefinition } from '../../contract/definition.js';
import { type JsonValue } from '../../contract/json.js';
import { LlmOptions } from '../../llm/llm.options.js';
import { ModelRegistry } from '../../llm/models.registry.js';
import { WORKFLOW_METADATA, type WorkflowOptions } from '../../orchestration/decorators.js';
import { assertDefinition } from '../../orchestration/definition/definition.validator.js';
import { compileSchema } from '../../orchestration/definition/input.validator.js';
import { CHART_PROVIDERS } from './chart.providers.js';
import { Chart } from './chart.workflow.js';
import { Dataset } from './dataset/dataset.js';
import { ModelPlanner } from './model/model.planner.js';

const dataset = new Dataset();
const chartWith = (llm: LlmOptions): Chart => new Chart(new ModelPlanner(new ModelRegistry(llm), llm, dataset));

const options = Reflect.getMetadata(WORKFLOW_METADATA, Chart) as WorkflowOptions;

describe('the workflow chart', () => {
  it('is a valid tree of data, so that it goes on after a crash from what is stored', () => {
    const definition: WorkflowDefinition = { name: options.name, inputSchema: options.input as JsonValue, steps: [...childrenOf(chartWith({}).define())] };
    expect(() => assertDefinition(definition, { hasAgent: (name) => name === 'chart.answer', names: () => [] })).not.toThrow();
    expect(definitionData(definition)).toMatchObject({ pure: true, data: { name: 'chart' } });
  });

  it('tells its states before it begins', () => {
    expect(chartWith({}).plan({ question: 'strikes' }).stages.map(({ step, stage }) => `${step} ${stage}`)).toEqual([
      'answer planning', 'answer understanding_schema', 'answer generating_query', 'answer executing_query', 'answer validating_results', 'answer transforming_data', 'answer completed',
    ]);
  });

  it('tries a model again, which the grammar needs not', () => {
    expect(childrenOf(chartWith({}).define())).toMatchObject([{ type: 'retry', name: 'ask', maxAttempts: 3, step: { name: 'answer', agent: 'chart.answer' } }]);
  });

  it('is expected to take as long as what writes the SQL: a model of a provider, or the grammar', () => {
    const openai: LlmOptions = { openai: { apiKey: 'k' }, prices: { 'openai/x': { input: 1, output: 10 } } };
    const plan = (llm: LlmOptions, model?: string) => chartWith(llm).plan({ question: 'strikes', ...(model === undefined ? {} : { model }) });
    for (const byGrammar of [plan({}), plan({ defaultModel: 'demo/writer' }), plan({}, 'demo/writer'), plan({ defaultModel: 'openai/x' })]) {
      expect(byGrammar.estimatedMs).toBeLessThan(1000);
      expect(byGrammar).not.toHaveProperty('estimatedCostUsd');
    }
    for (const byModel of [plan(openai, 'openai/x'), plan({ ...openai, defaultModel: 'openai/x' })]) {
      expect(byModel.estimatedMs).toBeGreaterThan(2000);
      // The data set is told with each question: that is most of what it costs.
      expect(byModel.estimatedCostUsd).toBeGreaterThan(0.002);
      expect(byModel.estimatedMs).toBe(byModel.stages.reduce((sum, { estimatedMs = 0 }) => sum + estimatedMs, 0));
    }
    expect(plan({ openai: { apiKey: 'k' } }, 'openai/y')).not.toHaveProperty('estimatedCostUsd');
  });

  it('comes with all that its providers need beside the registry of models', async () => {
    const module = await Test.createTestingModule({ providers: [...CHART_PROVIDERS, { provide: LlmOptions, useValue: {} }, ModelRegistry] }).compile();
    for (const provider of CHART_PROVIDERS) expect(module.get(provider as typeof Chart)).toBeInstanceOf(provider);
    await module.close();
  });

  it('takes a question, and a model if one likes', () => {
    const faults = (input: unknown): string[] => compileSchema(options.input as JsonValue)(input).map(({ path }) => path);
    for (const input of [{ question: 'strikes' }, { question: 'x'.repeat(500), model: 'openai/gpt-5' }]) expect(faults(input)).toEqual([]);
    for (const input of [{}, { question: '' }, { question: ' ' }, { question: 7 }, { question: 'x'.repeat(501) }, { question: 'a', sql: 'b' }]) expect(faults(input).length).toBeGreaterThan(0);
  });
});
