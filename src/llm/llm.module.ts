/** Models, tools and HTTP requests as agents: what `StreamingModule` takes in beside a provider of `LlmOptions`. */
import { type Provider } from '@nestjs/common';
import { givenOf } from '../contract/definition.js';
import { HTTP_PROVIDERS } from './http/http.providers.js';
import { ModelLimits } from './limits/model.limits.js';
import { LlmAgent } from './llm.agent.js';
import { validLlm } from './llm.check.js';
import { type Env, llmOptionsFrom } from './llm.env.js';
import { LlmOptions } from './llm.options.js';
import { ModelRegistry } from './models.registry.js';
import { TOOL_PROVIDERS } from './tools/tool.providers.js';

export const LLM_PROVIDERS: Provider[] = [ModelLimits, ModelRegistry, LlmAgent, ...TOOL_PROVIDERS, ...HTTP_PROVIDERS];

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
