import { describe, expect, it } from '@jest/globals';
import { ModelRegistry } from '../../llm/models.registry.js';
import { ask, type Persona, stageOf } from './persona.js';

const poet: Persona = { step: 'poet', persona: 'Poet', stage: 'Writes', system: 'You are a poet.', tokens: { input: 100, output: 600 } };
const models = new ModelRegistry({ prices: { 'openai/x': { input: 2, output: 10 } } });

describe('a persona', () => {
  it('is a step of the agent llm, tried again where a provider fails', () => {
    expect(ask(poet, 'poem', 'Write.', { type: 'object' })).toEqual({
      type: 'retry', name: 'poem', maxAttempts: 3, backoff: { delayMs: 1000, maxDelayMs: 30_000 },
      step: { type: 'agent', name: 'poet', agent: 'llm', description: 'Writes', input: { model: '{{steps.settings.output.model}}', system: 'You are a poet.', prompt: 'Write.', schema: { type: 'object' } } },
    });
    expect(ask(poet, 'poem', 'Write.').step).not.toHaveProperty('input.schema');
  });

  it('tells what it is expected to take, and a cost only where there is a price', () => {
    expect(stageOf(poet, 50, 'openai/x', models)).toEqual({ step: 'poet', stage: 'Writes', persona: 'Poet', estimatedMs: 11_000, estimatedCostUsd: 0.0063 });
    for (const model of ['openai/y', undefined]) expect(stageOf(poet, 50, model, models)).toEqual({ step: 'poet', stage: 'Writes', persona: 'Poet', estimatedMs: 11_000 });
  });
});
