/** Loads the packages of the AI SDK that make embeddings, each with the first one of that provider. */
import { type EmbeddingModel } from 'ai';
import { type ProviderOptions } from '../llm.options.js';
import { providerFetch } from '../provider.fetch.js';

/** Providers that have embeddings, beside servers that speak OpenAI's own. */
export const EMBEDDING_PROVIDERS = ['openai', 'google'] as const;
export type EmbeddingProvider = (typeof EMBEDDING_PROVIDERS)[number];

/** Makes a model by the name that the provider knows it by. */
export type EmbeddingFactory = (model: string) => EmbeddingModel;

export function hasEmbeddings(provider: string): provider is EmbeddingProvider {
  return (EMBEDDING_PROVIDERS as readonly string[]).includes(provider);
}

export async function loadEmbeddings(provider: EmbeddingProvider, { apiKey, baseUrl }: ProviderOptions): Promise<EmbeddingFactory> {
  const settings = { apiKey, baseURL: baseUrl, fetch: providerFetch };
  if (provider === 'openai') {
    const openai = (await import('@ai-sdk/openai')).createOpenAI(settings);
    return (model) => openai.embeddingModel(model);
  }
  const google = (await import('@ai-sdk/google')).createGoogle(settings);
  return (model) => google.embeddingModel(model);
}

/** A server that speaks OpenAI's `/embeddings`, such as Ollama or vLLM. */
export async function loadCompatibleEmbeddings(name: string, { apiKey, baseUrl }: ProviderOptions & { baseUrl: string }): Promise<EmbeddingFactory> {
  const server = (await import('@ai-sdk/openai-compatible')).createOpenAICompatible({ name, baseURL: baseUrl, apiKey, fetch: providerFetch });
  return (model) => server.embeddingModel(model);
}
