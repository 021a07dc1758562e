import { type LimitsOptions } from './limits/limits.options.js';

/** US dollars per million tokens. */
export interface ModelPrice {
  input: number;
  output: number;
  /** Input that the provider has in its cache; default as `input`. */
  cachedInput?: number;
}

/** How a provider is reached. */
export interface ProviderOptions {
  /** Default: its environment variable, such as `OPENAI_API_KEY`. */
  apiKey?: string;
  /** Default: its environment variable, such as `OPENAI_BASE_URL`, or the provider's own address. */
  baseUrl?: string;
}

/** Language models. What is not given is taken from the environment, which the names in brackets are of. */
export class LlmOptions {
  /** `provider/model` for steps that name none [`LLM_MODEL`]. */
  defaultModel?: string;
  /** `provider/model` that makes embeddings, by which cached steps find the results of similar prompts; without one they find those of the same [`LLM_EMBEDDING_MODEL`]. */
  embeddingModel?: string;
  openai?: ProviderOptions;
  anthropic?: ProviderOptions;
  google?: ProviderOptions;
  /**
   * Servers that speak OpenAI's Chat Completions, such as Ollama or vLLM, by the name that models are called with:
   * `{ ollama: { baseUrl: 'http://localhost:11434/v1' } }` makes `ollama/llama3.2` a model [`LLM_PROVIDERS`].
   */
  compatible?: Record<string, ProviderOptions & { baseUrl: string }>;
  /** By `provider/model`; without a price a step tells tokens and no cost [`LLM_PRICES`]. */
  prices?: Record<string, ModelPrice>;
  /**
   * How much of each provider may be used, at once and in a minute; more waits. `{ openai: { requestsPerMinute: 500,
   * perUser: { requestsPerMinute: 60 } }, '*': { concurrency: 8 } }`; without it 64 requests at once, and a breaker [`LLM_LIMITS`].
   */
  limits?: LimitsOptions;
  /**
   * Milliseconds of silence, from the request on and between two pieces, after which a model counts as hanging and its
   * request is dropped; default 120,000. Above 300,000 the HTTP client gives up first [`LLM_IDLE_TIMEOUT_MS`].
   */
  idleTimeoutMs?: number;
  /** Hosts that the `http` agent may reach although their addresses are private: `localhost:8080`, `10.0.0.7`, `intranet.example` [`LLM_HTTP_ALLOWED_HOSTS`]. */
  httpAllowedHosts?: string[];
}
