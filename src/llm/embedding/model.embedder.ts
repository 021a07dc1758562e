/** Embeddings by a model of a provider, for the cache of agents. */
import { type EmbeddingModel } from 'ai';
import { StepcastError } from '../../contract/errors.js';
import { type Usage } from '../../contract/events.js';
import { Embedder, type Embedding } from '../../orchestration/cache/embedder.js';
import { type LlmOptions } from '../llm.options.js';
import { parseModelName } from '../model.name.js';
import { type ModelRegistry } from '../models.registry.js';
import { EMBEDDING_PROVIDERS, type EmbeddingFactory, hasEmbeddings, loadCompatibleEmbeddings, loadEmbeddings } from './embedding.loader.js';

/** A step that waits for its embedding would rather ask its model than wait longer. */
const TIMEOUT_MS = 10_000;

export class ModelEmbedder extends Embedder {
  private loading: Promise<EmbeddingFactory> | undefined;
  private readonly name: string;
  private readonly load: () => Promise<EmbeddingFactory>;

  /**
   * @param model `provider/model`
   * @throws StepcastError `model_not_configured`, `invalid_definition`: what is to be set, or that the provider has none.
   */
  constructor(options: LlmOptions, private readonly models: ModelRegistry, readonly model: string, private readonly timeoutMs = TIMEOUT_MS) {
    super();
    models.check(model);
    // The check has it that this is a name.
    const { provider, model: name } = parseModelName(model) ?? { provider: '', model };
    const server = Object.hasOwn(options.compatible ?? {}, provider) ? options.compatible?.[provider] : undefined;
    if (server) this.load = () => loadCompatibleEmbeddings(provider, server);
    else if (hasEmbeddings(provider)) this.load = () => loadEmbeddings(provider, options[provider] ?? {});
    else throw new StepcastError('invalid_definition', `"${model}" makes no embeddings; take a model of ${EMBEDDING_PROVIDERS.join(', ')} or of a server in LLM_PROVIDERS`);
    this.name = name;
  }

  /** @throws StepcastError as calls of models do, or what `signal` was aborted with. */
  async embed(text: string, signal: AbortSignal): Promise<Embedding> {
    const timeout = AbortSignal.timeout(this.timeoutMs);
    try {
      const { embed } = await import('ai');
      const { embedding, usage } = await embed({ model: await this.loaded(), value: text, maxRetries: 0, abortSignal: AbortSignal.any([signal, timeout]) });
      const used = this.usageOf(usage.tokens);
      return { vector: embedding, ...(used && { usage: used }) };
    } catch (error) {
      signal.throwIfAborted();
      if (timeout.aborted) throw new StepcastError('overloaded', `the model "${this.model}" was silent for ${this.timeoutMs} ms`, { retryable: true });
      throw this.models.failure(this.model, error);
    }
  }

  private async loaded(): Promise<EmbeddingModel> {
    this.loading ??= this.load();
    // Not to be remembered: the next one tries again.
    this.loading.catch(() => (this.loading = undefined));
    return (await this.loading)(this.name);
  }

  /** Nothing where the provider tells no tokens. */
  private usageOf(tokens: number): Usage | undefined {
    if (!Number.isFinite(tokens)) return undefined;
    const used = { inputTokens: tokens, totalTokens: tokens };
    const costUsd = this.models.costOf(this.model, used);
    return costUsd === undefined ? used : { ...used, costUsd };
  }
}

/** Absent where none is configured: the cache then finds the same inputs alone. */
export function embedderOf(options: LlmOptions, models: ModelRegistry): Embedder | undefined {
  return options.embeddingModel === undefined ? undefined : new ModelEmbedder(options, models, options.embeddingModel);
}
