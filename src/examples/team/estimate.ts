/**
 * What a call of a language model takes, roughly: for the plans that workflows tell, to which nothing is held. Models of
 * providers differ by less than the questions do, so that one figure stands for all of them; `demo/writer` is another thing.
 */
import { type PlannedStage } from '../../contract/plan.js';
import { DEMO_MODEL } from '../../llm/model.name.js';
import { type ModelRegistry } from '../../llm/models.registry.js';

export interface Tokens {
  input: number;
  output: number;
}

interface Speed {
  firstTokenMs: number;
  tokensPerSecond: number;
}

const OF_PROVIDERS: Speed = { firstTokenMs: 1000, tokensPerSecond: 60 };
/** It writes about as much whatever it is asked. */
const OF_DEMO: Speed & { outputTokens: number } = { firstTokenMs: 5, tokensPerSecond: 200, outputTokens: 130 };

/** @param tokens Of the call, where a real model is asked. @param model `provider/model`; absent: not known. */
export function callEstimate(tokens: Tokens, model: string | undefined, models: Pick<ModelRegistry, 'costOf'>): Required<Pick<PlannedStage, 'estimatedMs'>> & Pick<PlannedStage, 'estimatedCostUsd'> {
  const isDemo = model === DEMO_MODEL;
  const { firstTokenMs, tokensPerSecond } = isDemo ? OF_DEMO : OF_PROVIDERS;
  const outputTokens = isDemo ? OF_DEMO.outputTokens : tokens.output;
  const estimatedMs = Math.round(firstTokenMs + (outputTokens / tokensPerSecond) * 1000);
  const estimatedCostUsd = model === undefined ? undefined : models.costOf(model, { inputTokens: tokens.input, outputTokens });
  return { estimatedMs, ...(estimatedCostUsd === undefined ? {} : { estimatedCostUsd }) };
}

/** The cost of all calls of a plan, where each has one. @param calls Stages, as often as they are expected. */
export function costOfAll(calls: readonly PlannedStage[]): number | undefined {
  let sum = 0;
  for (const { estimatedCostUsd } of calls) {
    if (estimatedCostUsd === undefined) return undefined;
    sum += estimatedCostUsd;
  }
  // Without the noise of binary fractions.
  return Math.round(sum * 1e10) / 1e10;
}

/** Tokens of a text, roughly: enough for a plan. */
export function tokensOf(text: string): number {
  return Math.ceil(text.length / 4);
}
