import { describe, expect, it } from '@jest/globals';
import { type AgentStep } from '../../contract/definition.js';
import { type ErrorCode, type Fault, StepcastError } from '../../contract/errors.js';
import { type AgentRegistry } from '../registry/agent.registry.js';
import { checkAgents } from './agent.check.js';
import { agent, conditional, iteration, parallel, retry, sequential, workflow } from './builder.js';

/** Agents that refuse their step by the code that they are called by. */
const agents = {
  get: (name: string) => ({
    handler: {
      check: ({ agent: code, input }: AgentStep) => {
        if (name !== 'fine') throw new StepcastError(code as ErrorCode, `${String(code)} is why`, input === undefined ? {} : { faults: [{ path: '/input/x', message: 'is wrong' }] });
      },
    },
  }),
} as unknown as AgentRegistry;
const bad = (name: string, code: ErrorCode = 'invalid_definition') => agent(name, code, { input: {} });

function refusal(...steps: Parameters<typeof sequential>[1][]): { code: string; faults: readonly Fault[] | undefined; message: string } {
  try {
    checkAgents(agents, workflow('w', ...steps as [never]), null, '/workflow');
  } catch (error) {
    const { code, faults, message } = error as StepcastError;
    return { code, faults, message };
  }
  throw new Error('it was taken');
}

describe('agents refuse before the start what could never run', () => {
  it('wherever they stand, all at once, each at its place', () => {
    const { code, faults, message } = refusal(
      bad('a'), sequential('s', bad('b')), parallel('p', bad('c'), agent('d', 'fine')), conditional('if', { when: 'true', then: bad('e'), else: bad('f') }),
      retry('r', { maxAttempts: 2 }, bad('g')), iteration('i', { maxIterations: 2 }, sequential('t', bad('h'))), agent('own', () => 1),
    );
    const places = ['0', '1/steps/0', '2/steps/0', '3/then', '3/else', '4/step', '5/step/steps/0'];
    expect(code).toBe('invalid_definition');
    expect(faults).toEqual(places.map((place) => ({ path: `/workflow/steps/${place}/input/x`, message: 'is wrong' })));
    expect(message).toBe('the workflow cannot run: /workflow/steps/0/input/x is wrong (and 6 more)');
  });

  it('by another code where none of them finds a fault in the definition, with the places of all', () => {
    const refused = refusal(bad('a', 'model_not_configured'), conditional('if', { when: 'true', then: agent('b', 'fine'), else: bad('c', 'model_not_configured') }));
    expect(refused).toMatchObject({ code: 'model_not_configured', faults: ['0', '1/else'].map((place) => ({ path: `/workflow/steps/${place}`, message: 'model_not_configured is why' })) });
    expect(refusal(bad('a', 'model_not_configured'), agent('b', 'invalid_definition'))).toMatchObject({ code: 'invalid_definition', faults: [{ path: '/workflow/steps/1', message: 'invalid_definition is why' }] });
  });

  it('and nothing where they take it', () => expect(() => checkAgents(agents, workflow('w', agent('a', 'fine')), null, '')).not.toThrow());
});
