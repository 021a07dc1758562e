import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { childrenOf, type ConditionalStep, definitionData, type IterationStep, type Step, type StepContext, type WorkflowDefinition } from '../../contract/definition.js';
import { type JsonValue } from '../../contract/json.js';
import { AGENT_METADATA, type AgentOptions, WORKFLOW_METADATA, type WorkflowOptions } from '../../orchestration/decorators.js';
import { assertDefinition } from '../../orchestration/definition/definition.validator.js';
import { evaluateCondition } from '../../orchestration/definition/expression.js';
import { compileSchema } from '../../orchestration/definition/input.validator.js';
import { BRIEF_PROVIDERS } from './brief.providers.js';
import { Brief } from './brief.workflow.js';
import { TEXT_LIMIT } from './text/readings.js';

const options = Reflect.getMetadata(WORKFLOW_METADATA, Brief) as WorkflowOptions;
const steps = childrenOf(new Brief().define());
const definition: WorkflowDefinition = { name: options.name, inputSchema: options.input as JsonValue, steps: [...steps] };
const all = (list: readonly Step[]): Step[] => list.flatMap((step) => [step, ...all(childrenOf(step))]);
const find = <S extends Step>(name: string): S => all(steps).find((step) => step.name === name) as S;
const provided = BRIEF_PROVIDERS.map((provider) => (Reflect.getMetadata(AGENT_METADATA, provider) as AgentOptions | undefined)?.name).filter((name) => name !== undefined);
const outputs = (results: Record<string, JsonValue>): StepContext => ({ input: {}, previous: null, results });

describe('the workflow brief', () => {
  it('is a valid tree of data, so that it goes on after a crash from what is stored', () => {
    expect(() => assertDefinition(definition, { hasAgent: (name) => provided.includes(name), names: () => provided })).not.toThrow();
    expect(definitionData(definition)).toMatchObject({ pure: true, data: { name: 'brief' } });
    expect(new Set(all(steps).map(({ type }) => type))).toEqual(new Set(['agent', 'parallel', 'conditional', 'sequential', 'iteration']));
  });

  it('names every agent that it comes with', () => {
    const named = all(steps).flatMap((step) => (step.type === 'agent' ? [step.agent] : []));
    expect([...named].sort()).toEqual([...provided].sort());
  });

  it('comes with all that its providers need', async () => {
    const module = await Test.createTestingModule({ providers: BRIEF_PROVIDERS }).compile();
    for (const provider of BRIEF_PROVIDERS) expect(module.get(provider as typeof Brief)).toBeInstanceOf(provider);
    await module.close();
  });

  it('selects only where there are more sentences than are wanted', () => {
    const { when } = find<ConditionalStep>('length');
    expect(evaluateCondition(when as string, outputs({ plan: { sentences: 6, wanted: 5 } }))).toBe(true);
    expect(evaluateCondition(when as string, outputs({ plan: { sentences: 5, wanted: 5 } }))).toBe(false);
  });

  it('picks until there are enough or nothing is left', () => {
    const { until, maxIterations } = find<IterationStep>('rounds');
    const done = (picked: number[], candidates: number[]): boolean =>
      evaluateCondition(until as string, outputs({ plan: { wanted: 2 }, pick: { picked, candidates } }));
    expect(done([1], [2])).toBe(false);
    expect(done([1, 2], [3])).toBe(true);
    expect(done([1], [])).toBe(true);
    expect(maxIterations).toBe(20);
  });

  describe('takes as input', () => {
    const faults = (input: unknown): string[] => compileSchema(options.input as JsonValue)(input).map(({ path }) => path);

    it.each([{ text: 'Hello' }, { text: 'x'.repeat(TEXT_LIMIT), sentences: 1 }, { text: '😀'.repeat(TEXT_LIMIT), sentences: 20 }, { text: ' 42\n' }])('a text, and a length if one likes (%#)', (input) => {
      expect(faults(input)).toEqual([]);
    });

    it.each([
      [{}, ''], [{ text: '' }, '/text'], [{ text: ' \r\n\t' }, '/text'], [{ text: 42 }, '/text'], [{ text: 'x'.repeat(TEXT_LIMIT + 1) }, '/text'],
      [{ text: 'Hello', sentences: 0 }, '/sentences'], [{ text: 'Hello', sentences: 21 }, '/sentences'], [{ text: 'Hello', sentences: 1.5 }, '/sentences'],
      [{ text: 'Hello', length: 3 }, ''], ['Hello', ''],
    ])('nothing else (%#)', (input, path) => {
      const found = faults(input);
      expect(found.length).toBeGreaterThan(0);
      for (const at of found) expect(at.startsWith(path)).toBe(true);
    });
  });
});
