/** The providers that the specs run through, each with a model that its real client knows. */
import { type ProviderName } from '../../support/model-server/model-server.js';

export interface Provider {
  provider: ProviderName;
  /** As the provider calls it. */
  model: string;
  /** As a step calls it. */
  name: string;
}

export const PROVIDERS: readonly Provider[] = [
  { provider: 'openai', model: 'gpt-5-mini' },
  { provider: 'local', model: 'llama3.2' },
  { provider: 'anthropic', model: 'claude-sonnet-4-5' },
  { provider: 'google', model: 'gemini-2.5-flash' },
].map(({ provider, model }) => ({ provider: provider as ProviderName, model, name: `${provider}/${model}` }));
