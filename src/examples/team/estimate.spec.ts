import { describe, expect, it } from '@jest/globals';
import { createDemoModel } from '../../llm/demo/demo.model.js';
import { ModelRegistry } from '../../llm/models.registry.js';
import { ARCHITECT, CODER, DOCUMENTER, REFINER } from '../build/build.personas.js';
import { EDITOR, researcher } from '../research/research.personas.js';
import { callEstimate, costOfAll, tokensOf } from './estimate.js';

const models = new ModelRegistry({ prices: { 'openai/x': { input: 2, output: 10 }, 'demo/writer': { input: 1, output: 1000 } } });
const TOKENS = { input: 150, output: 600 };

describe('what a call of a model is expected to take', () => {
  it('is what models of providers take, where the model is none of ours; it costs where there is a price', () => {
    expect(callEstimate(TOKENS, 'openai/x', models)).toEqual({ estimatedMs: 11_000, estimatedCostUsd: 0.0063 });
    for (const model of ['openai/y', undefined]) expect(callEstimate(TOKENS, model, models)).toEqual({ estimatedMs: 11_000 });
  });

  it('is far less with demo/writer, and the same whatever a real model would write', () => {
    const { estimatedMs, estimatedCostUsd } = callEstimate(TOKENS, 'demo/writer', models);
    expect(estimatedMs).toBeLessThan(1000);
    expect(callEstimate({ ...TOKENS, output: 6000 }, 'demo/writer', models)).toEqual({ estimatedMs, estimatedCostUsd });
  });

  it('counts about the tokens that demo/writer writes', async () => {
    const written = await Promise.all([ARCHITECT, CODER, REFINER, DOCUMENTER, researcher(1), EDITOR].map(async ({ system }) => {
      const prompt = [{ role: 'system' as const, content: system }, { role: 'user' as const, content: [{ type: 'text' as const, text: 'A rate limiter for HTTP requests' }] }];
      return (await createDemoModel('writer').doGenerate({ prompt })).usage.outputTokens.total as number;
    }));
    const mean = written.reduce((sum, tokens) => sum + tokens, 0) / written.length;
    const { estimatedCostUsd = 0 } = callEstimate({ input: 0, output: 0 }, 'demo/writer', models);
    const estimated = estimatedCostUsd * 1000;
    expect([estimated > mean / 1.5, estimated < mean * 1.5]).toEqual([true, true]);
  });

  it('costs with others what all of them cost, where that is known of each', () => {
    const stage = (model: string) => ({ step: 's', stage: 'S', ...callEstimate({ input: 100, output: 600 }, model, models) });
    expect(costOfAll([stage('openai/x'), stage('openai/x'), stage('openai/x')])).toBe(0.0186);
    expect(costOfAll([stage('openai/x'), stage('openai/y')])).toBeUndefined();
    expect(tokensOf('four five')).toBe(3);
  });
});
