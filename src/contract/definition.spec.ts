import { describe, expect, it } from '@jest/globals';
import { childrenOf, definitionData, isComposite, type Step, type StepType } from './definition.js';
import { ERROR_CODES, StepcastError } from './errors.js';
import { type JsonObject } from './json.js';

const leaf = (name: string): Step => ({ type: 'agent', name, agent: 'x' });
const [a, b] = [leaf('a'), leaf('b')];

describe('the step tree', () => {
  it.each<[StepType, Step, Step[]]>([
    ['sequential', { type: 'sequential', name: 's', steps: [a, b] }, [a, b]],
    ['parallel', { type: 'parallel', name: 's', steps: [a, b] }, [a, b]],
    ['conditional', { type: 'conditional', name: 's', when: 'true', then: a, else: b }, [a, b]],
    ['conditional', { type: 'conditional', name: 's', when: 'true', then: a }, [a]],
    ['retry', { type: 'retry', name: 's', maxAttempts: 2, step: a }, [a]],
    ['iteration', { type: 'iteration', name: 's', maxIterations: 2, step: a }, [a]],
    ['agent', a, []],
    ['input', { type: 'input', name: 's' }, []],
  ])('of a step of type %s goes on with its children; only what has some is a composite', (type, step, children) => {
    expect(childrenOf(step)).toEqual(children);
    expect(isComposite(type)).toBe(children.length > 0);
  });
});

describe('definitionData', () => {
  it('of a definition without functions is a copy of it', () => {
    const definition = { name: 'w', steps: [{ ...a, input: { x: [1] } } as Step] };
    const { data, pure } = definitionData(definition);
    expect([data, pure]).toEqual([definition, true]);
    expect((data as JsonObject)['steps']).not.toBe(definition.steps);
  });

  it('tells where there is a function, and that the data are not enough to go on with', () => {
    const { data, pure } = definitionData({ name: 'w', steps: [{ type: 'conditional', name: 'c', when: () => true, then: { type: 'agent', name: 'f', agent: () => 1 } }] });
    expect(data).toEqual({ name: 'w', steps: [{ type: 'conditional', name: 'c', when: { $function: true }, then: { type: 'agent', name: 'f', agent: { $function: true } } }] });
    expect(pure).toBe(false);
  });
});

describe('StepcastError', () => {
  it('answers a request with the status of its code, and 500 for one that only events carry', () => {
    expect(new StepcastError('gone', 'x').status).toBe(410);
    expect(new StepcastError('agent_failed', 'x').status).toBe(500);
    for (const status of Object.values(ERROR_CODES)) if (status !== undefined) expect(status >= 400 && status < 600).toBe(true);
  });

  it('carries its faults and its cause', () => {
    const cause = new Error('below');
    const error = new StepcastError('invalid_input', 'no', { faults: [{ path: '/a', message: 'is missing' }], cause });
    expect([error.name, error.message, error.faults, error.cause]).toEqual(['StepcastError', 'no', [{ path: '/a', message: 'is missing' }], cause]);
    expect(new StepcastError('gone', 'x').faults).toBeUndefined();
  });
});
