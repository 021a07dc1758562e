import { givenOf } from '../contract/definition.js';
import { validLlm } from './llm.check.js';
import { type Env, llmOptionsFrom } from './llm.env.js';
import { LlmOptions } from './llm.options.js';

/**
 * What an app has given, and, for what it has not, what the environment says.
 * @throws Error with a line for every fault of the environment; StepcastError `invalid_input` with every fault of the options.
 */
export function llmOptionsOf(given: LlmOptions = {}, env: Env = process.env): LlmOptions {
  const { options, faults } = llmOptionsFrom(env);
  if (faults.length > 0) throw new Error(faults.join('\n'));
  const merged: LlmOptions = Object.assign(new LlmOptions(), options, givenOf(given));
  for (const provider of ['openai', 'anthropic', 'google'] as const) merged[provider] = { ...options[provider], ...givenOf(given[provider] ?? {}) };
  return validLlm(merged);
}
