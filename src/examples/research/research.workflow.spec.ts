import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { childrenOf, type ConditionalStep, definitionData, type ParallelStep, type Step, type WorkflowDefinition } from '../../contract/definition.js';
import { type JsonObject, type JsonValue } from '../../contract/json.js';
import { LlmOptions } from '../../llm/llm.options.js';
import { ModelRegistry } from '../../llm/models.registry.js';
import { type AgentContext } from '../../orchestration/agent.js';
import { AGENT_METADATA, type AgentOptions, WORKFLOW_METADATA, type WorkflowOptions } from '../../orchestration/decorators.js';
import { assertDefinition } from '../../orchestration/definition/definition.validator.js';
import { evaluateCondition } from '../../orchestration/definition/expression.js';
import { AgendaAgent } from './agents/agenda.agent.js';
import { CollectAgent } from './agents/collect.agent.js';
import { FocusAgent } from './agents/focus.agent.js';
import { ReportAgent } from './agents/report.agent.js';
import { ResearchSettingsAgent } from './agents/settings.agent.js';
import { RESEARCH_PROVIDERS } from './research.providers.js';
import { ResearchWorkflow } from './research.workflow.js';

const options: LlmOptions = { defaultModel: 'demo/writer' };
const models = new ModelRegistry(options);
const steps = childrenOf(new ResearchWorkflow(models, options).define());
const { name, input } = Reflect.getMetadata(WORKFLOW_METADATA, ResearchWorkflow) as WorkflowOptions;
const definition: WorkflowDefinition = { name, inputSchema: input as JsonValue, steps: [...steps] };
const all = (list: readonly Step[]): Step[] => list.flatMap((step) => [step, ...all(childrenOf(step))]);
const contextOf = (given: JsonValue, stepId = 'rounds[1]/round/collect', logs: string[] = []): AgentContext => ({ input: given, stepId, log: (text: string) => logs.push(text) }) as unknown as AgentContext;

const state: JsonObject = { question: 'Why?', breadth: 2, depth: 2, model: 'demo/writer', round: 0, findings: [] };
const topic = (title: string): JsonObject => ({ title, question: `${title}?`, why: 'so' });

describe('the workflow research', () => {
  it('is a valid tree of data, so that it goes on after a crash from what is stored', () => {
    const own = RESEARCH_PROVIDERS.map((provider) => (Reflect.getMetadata(AGENT_METADATA, provider) as AgentOptions | undefined)?.name);
    expect(() => assertDefinition(definition, { hasAgent: (agent) => ['llm', ...own].includes(agent), names: () => [] })).not.toThrow();
    expect(definitionData(definition)).toMatchObject({ pure: true, data: { name: 'research' } });
  });

  it('comes with all that its providers need beside models', async () => {
    const module = await Test.createTestingModule({ providers: [...RESEARCH_PROVIDERS, { provide: ModelRegistry, useValue: models }, { provide: LlmOptions, useValue: options }] }).compile();
    for (const provider of RESEARCH_PROVIDERS) expect(module.get(provider as typeof ResearchWorkflow)).toBeInstanceOf(provider);
    await module.close();
  });

  it('takes as many branches as there are topics', () => {
    const gather = all(steps).find((step) => step.name === 'gather') as ParallelStep;
    const taken = (topics: number): boolean[] => (gather.steps as ConditionalStep[]).map(({ when }) =>
      evaluateCondition(when as string, { input: {}, previous: null, results: { agenda: { topics: Array.from({ length: topics }, () => ({})) } } }));
    expect(taken(0)).toEqual([false, false, false, false, false, false]);
    expect(taken(2)).toEqual([true, true, false, false, false, false]);
    expect(taken(6)).toEqual([true, true, true, true, true, true]);
  });
});

describe('a round of research', () => {
  it('begins with what is to be asked', () => {
    expect(new FocusAgent().execute(contextOf(state))).toEqual({ ...state, round: 1, ask: 'Plan the research of this question. Name exactly 2 topics.\n\nQuestion: Why?' });
    expect(new FocusAgent().execute(contextOf({ ...state, breadth: 1 })).ask).toContain('exactly 1 topic.');
  });

  it('has no topic twice, and none that was researched before, however it is written', () => {
    const finding = { id: 'F1', round: 1, ...topic('Old one'), step: 's', answer: 'a' };
    const agenda = new AgendaAgent().execute(contextOf({ research: { ...state, round: 2, findings: [finding] }, topics: [topic('old  ONE'), topic('New'), topic('new!'), topic(''), topic('Other'), topic('Third')] }));
    expect(agenda.topics.map(({ title }) => title)).toEqual(['New', 'Other']);
  });

  it('collects the answers there are, each with the step that gave it', () => {
    const logs: string[] = [];
    const agenda = { ...state, round: 1, topics: [topic('a'), topic('b')] };
    const collected = new CollectAgent().execute(contextOf({ agenda, answers: { branch_2: 'B' } }, 'rounds[1]/round/collect', logs));
    expect(collected).toMatchObject({ round: 1, done: false, findings: [{ id: 'F1', title: 'b', answer: 'B', step: 'rounds[1]/round/gather/branch_2/topic_2/researcher_2' }], notes: '[F1] b: b?\n\nB' });
    expect(logs).toEqual(['There is no answer on "a"']);
    expect(() => new CollectAgent().execute(contextOf({ agenda, answers: {} }))).toThrow(expect.objectContaining({ code: 'model_failed' }));
    expect(new CollectAgent().execute(contextOf({ agenda: { ...agenda, round: 2, findings: collected.findings as never }, answers: { branch_1: 'A' } })).done).toBe(true);
  });

  it.each([
    [new FocusAgent(), null], [new FocusAgent(), { ...state, breadth: 9 }], [new FocusAgent(), { ...state, findings: [{}] }], [new AgendaAgent(), { research: state }],
    [new AgendaAgent(), { research: state, topics: [{ title: 'x' }] }], [new CollectAgent(), { agenda: state, answers: {} }], [new ReportAgent(), { report: '', research: state }],
  ])('refuses what it cannot work with (%#)', (agent, given) => {
    expect(() => agent.execute(contextOf(given as JsonValue))).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  });
});

describe('the settings of research', () => {
  it('have defaults, and the model by its name', async () => {
    expect(await new ResearchSettingsAgent(models).execute(contextOf({ question: 'Why?' }))).toEqual({ ...state, breadth: 3 });
    await expect(new ResearchSettingsAgent(models).execute(contextOf({ question: 'Why?', depth: 4 }))).rejects.toMatchObject({ code: 'invalid_input' });
  });

  it('refuse a start without a model', () => {
    const none = new ResearchSettingsAgent(new ModelRegistry({}));
    expect(() => none.check({ type: 'agent', name: 'settings', agent: 'research.settings' }, { question: 'Why?' })).toThrow(expect.objectContaining({ code: 'model_not_configured' }));
  });
});
