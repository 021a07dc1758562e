import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { childrenOf, type ConditionalStep, definitionData, type IterationStep, type Step, type WorkflowDefinition } from '../../contract/definition.js';
import { type JsonObject, type JsonValue } from '../../contract/json.js';
import { LlmOptions } from '../../llm/llm.options.js';
import { ModelRegistry } from '../../llm/models.registry.js';
import { type AgentContext } from '../../orchestration/agent.js';
import { AGENT_METADATA, type AgentOptions, WORKFLOW_METADATA, type WorkflowOptions } from '../../orchestration/decorators.js';
import { assertDefinition } from '../../orchestration/definition/definition.validator.js';
import { evaluateCondition } from '../../orchestration/definition/expression.js';
import { BuildSettingsAgent } from './agents/settings.agent.js';
import { VerdictAgent } from './agents/verdict.agent.js';
import { BUILD_PROVIDERS } from './build.providers.js';
import { type Work } from './build.types.js';
import { Build } from './build.workflow.js';

const options: LlmOptions = { defaultModel: 'demo/writer' };
const models = new ModelRegistry(options);
const steps = childrenOf(new Build(models, options).define());
const { name, input } = Reflect.getMetadata(WORKFLOW_METADATA, Build) as WorkflowOptions;
const definition: WorkflowDefinition = { name, inputSchema: input as JsonValue, steps: [...steps] };
const all = (list: readonly Step[]): Step[] => list.flatMap((step) => [step, ...all(childrenOf(step))]);
const find = <S extends Step>(wanted: string): S => all(steps).find((step) => step.name === wanted) as S;
const contextOf = (given: JsonValue, logs: string[] = []): AgentContext => ({ input: given, log: (text: string) => logs.push(text) }) as unknown as AgentContext;

describe('the workflow build', () => {
  it('is a valid tree of data, so that it goes on after a crash from what is stored', () => {
    const own = BUILD_PROVIDERS.map((provider) => (Reflect.getMetadata(AGENT_METADATA, provider) as AgentOptions | undefined)?.name);
    expect(() => assertDefinition(definition, { hasAgent: (agent) => ['llm', 'echo', ...own].includes(agent), names: () => [] })).not.toThrow();
    expect(definitionData(definition)).toMatchObject({ pure: true, data: { name: 'build' } });
  });

  it('comes with all that its providers need beside models', async () => {
    const module = await Test.createTestingModule({ providers: [...BUILD_PROVIDERS, { provide: ModelRegistry, useValue: models }, { provide: LlmOptions, useValue: options }] }).compile();
    for (const provider of BUILD_PROVIDERS) expect(module.get(provider as typeof Build)).toBeInstanceOf(provider);
    await module.close();
  });

  it('refines what a review has been made of, until the work is done', () => {
    const context = (results: Record<string, JsonValue>) => ({ input: {}, previous: null, results });
    const { when } = find<ConditionalStep>('rework');
    expect([0, 1].map((round) => evaluateCondition(when as string, context({ work: { round } })))).toEqual([false, true]);
    const { until, maxIterations } = find<IterationStep>('rounds');
    expect([false, true].map((done) => evaluateCondition(until as string, context({ verdict: { done } })))).toEqual([false, true]);
    expect(maxIterations).toBe(6);
  });
});

describe('the verdict', () => {
  const draft: JsonObject = { round: 0, code: 'x', list: '', history: '', reviews: [] };
  const decide = (work: JsonObject, review: JsonValue, maxRounds: JsonValue = 2, logs: string[] = []): Work => new VerdictAgent().execute(contextOf({ work, code: 'y', review, maxRounds }, logs));

  it('ends the work where it is approved, and else after the last round', () => {
    const logs: string[] = [];
    const first = decide(draft, { approved: false, issues: ['a', 'b'] }, 1, logs);
    expect(first).toEqual({
      round: 1, code: 'y', approved: false, issues: ['a', 'b'], list: '1. a\n2. b', done: false,
      history: 'This is a revised version, after review 1. That review has found:\n1. a\n2. b', reviews: [{ round: 1, approved: false, issues: ['a', 'b'] }],
    });
    expect(decide(first as unknown as JsonObject, { approved: false, issues: ['b'] }, 1, logs)).toMatchObject({ round: 2, done: true, approved: false, reviews: [{ round: 1 }, { round: 2 }] });
    expect(decide(first as unknown as JsonObject, { approved: true, issues: [] }, 5, logs)).toMatchObject({ done: true, approved: true, list: 'none' });
    expect(decide(draft, { approved: true, issues: [] }, 5, logs)).toMatchObject({ done: true });
    expect(logs).toEqual(['The reviewer asks for 2 changes', 'The reviewer asks for 1 change, and no refinement is left', 'The reviewer has approved after 1 refinement', 'The reviewer has approved the draft']);
  });

  it('sends back what is not approved, though no issue is named', () => {
    expect(decide(draft, { approved: false, issues: [] })).toMatchObject({ done: false, list: expect.stringContaining('no issue was named') });
  });

  it.each([[null], [{ approved: 'yes', issues: [] }], [{ approved: true, issues: [1] }], [{ approved: true }]])('is refused where it is none: %j', (review) => {
    expect(() => decide(draft, review as JsonValue)).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  });
});

describe('the settings', () => {
  const agent = new BuildSettingsAgent(models);

  it('have defaults, and the model by its name', async () => {
    expect(await agent.execute(contextOf({ task: 'x' }))).toEqual({ task: 'x', language: expect.any(String), model: 'demo/writer', maxRounds: 3 });
    expect(await agent.execute(contextOf({ task: 'x', language: 'Go', maxRounds: 5, model: 'demo/writer' }))).toEqual({ task: 'x', language: 'Go', model: 'demo/writer', maxRounds: 5 });
  });

  it.each([[null], ['x'], [{}], [{ task: '' }], [{ task: 'x', maxRounds: 9 }], [{ task: 'x', language: 7 }]])('refuse what is no input: %j', async (given) => {
    await expect(agent.execute(contextOf(given))).rejects.toMatchObject({ code: 'invalid_input' });
  });

  it('refuse a start without a model', () => {
    const none = new BuildSettingsAgent(new ModelRegistry({}));
    const step = { type: 'agent' as const, name: 'settings', agent: 'build.settings' };
    expect(() => none.check(step, { task: 'x' })).toThrow(expect.objectContaining({ code: 'model_not_configured' }));
    expect(() => none.check(step, { task: 'x', model: 'demo/writer' })).not.toThrow();
    expect(() => agent.check(step, { task: 'x' })).not.toThrow();
  });
});
