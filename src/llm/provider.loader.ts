/** Loads the packages of the AI SDK that talk to providers, each with the first call of a model of that provider. */
import { type LanguageModel } from 'ai';
import { type BuiltInProvider } from './model.name.js';
import { type ProviderOptions } from './llm.options.js';
import { providerFetch } from './provider.fetch.js';

/** Makes a model by the name that the provider knows it by. */
export type ModelFactory = (model: string) => LanguageModel;

export async function loadBuiltIn(provider: BuiltInProvider, { apiKey, baseUrl }: ProviderOptions): Promise<ModelFactory> {
  const settings = { apiKey, baseURL: baseUrl, fetch: providerFetch };
  switch (provider) {
    case 'openai': {
      const openai = (await import('@ai-sdk/openai')).createOpenAI(settings);
      return (model) => openai.responses(model);
    }
    case 'anthropic': {
      const anthropic = (await import('@ai-sdk/anthropic')).createAnthropic(settings);
      return (model) => anthropic.messages(model);
    }
    case 'google': {
      const google = (await import('@ai-sdk/google')).createGoogle(settings);
      return (model) => google.chat(model);
    }
    case 'demo': {
      const { createDemoModel } = await import('./demo/demo.model.js');
      return createDemoModel;
    }
  }
}

/** A server that speaks OpenAI's Chat Completions. */
export async function loadCompatible(name: string, { apiKey, baseUrl }: ProviderOptions & { baseUrl: string }): Promise<ModelFactory> {
  const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
  // Ollama, vLLM, llama.cpp and LM Studio take a schema for the output, and tell usage where they are asked for it.
  const server = createOpenAICompatible({ name, baseURL: baseUrl, apiKey, fetch: providerFetch, includeUsage: true, supportsStructuredOutputs: true });
  return (model) => server.chatModel(model);
}
