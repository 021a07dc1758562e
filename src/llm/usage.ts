/** What a call of a model has used: tokens as the provider tells them, and money by the configured price. */
import { type LanguageModelUsage } from 'ai';
import { type Usage } from '../contract/events.js';
import { type ModelPrice } from './llm.options.js';

const PER_MILLION = 1_000_000;

/** What a provider tells; what it does not tell is absent. */
export function usageOf({ inputTokens, inputTokenDetails, outputTokens, outputTokenDetails, totalTokens }: LanguageModelUsage): Usage {
  const told: Usage = {
    inputTokens,
    cachedInputTokens: inputTokenDetails.cacheReadTokens,
    outputTokens,
    reasoningTokens: outputTokenDetails.reasoningTokens,
    totalTokens,
  };
  return Object.fromEntries(Object.entries(told).filter(([, count]) => Number.isFinite(count)));
}

/** US dollars; nothing where no tokens are told. Reasoning is part of the output, and what was cached of the input. */
export function costOf(price: ModelPrice, { inputTokens, cachedInputTokens = 0, outputTokens }: Usage): number | undefined {
  if (inputTokens === undefined && outputTokens === undefined) return undefined;
  const input = inputTokens ?? 0;
  const cached = Math.min(cachedInputTokens, input);
  const cost = (input - cached) * price.input + cached * (price.cachedInput ?? price.input) + (outputTokens ?? 0) * price.output;
  // Prices have few digits: what is beyond ten of them is the noise of binary fractions.
  return Math.round((cost / PER_MILLION) * 1e10) / 1e10;
}
