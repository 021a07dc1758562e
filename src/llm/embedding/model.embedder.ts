/** Embeddings by a model of a provider, for the cache of agents. */
import { type embed, type EmbeddingModel } from 'ai';
import { StepcastError } from '../../contract/errors.js';
import { type Usage } from '../../contract/events.js';
import { Embedder, type Embedding, type EmbeddingCaller } from '../../orchestration/cache/embedder.js';
import { type EmbeddingFailure, type EmbeddingGate } from '../limits/embedding.gate.js';
import { type ModelLimits } from '../limits/model.limits.js';
import { type LlmOptions } from '../llm.options.js';
import { type ModelName, parseModelName } from '../model.name.js';
import { type ModelRegistry } from '../models.registry.js';
import { EMBEDDING_PROVIDERS, type EmbeddingFactory, hasEmbeddings, loadCompatibleEmbeddings, loadEmbeddings } from './embedding.loader.js';

/** A step that waits for its embedding would rather ask its model than wait longer. */
const TIMEOUT_MS = 10_000;

/** What is loaded with the first embedding. */
interface Loaded {
  embed: typeof embed;
  model: EmbeddingModel;
  gate: EmbeddingGate | undefined;
}

/** An embedding that was asked for, or would have been. */
interface Asked {
  signal: AbortSignal;
  /** That it is waited for no longer. */
  timeout: AbortSignal;
  askedAt: number | undefined;
}

export class ModelEmbedder extends Embedder {
  private loading: Promise<Loaded> | undefined;
  private readonly name: ModelName;
  private readonly load: () => Promise<EmbeddingFactory>;

  /**
   * @param model `provider/model`
   * @throws StepcastError `model_not_configured`, `invalid_definition`: what is to be set, or that the provider has none.
   */
  constructor(options: LlmOptions, private readonly models: ModelRegistry, private readonly limits: ModelLimits | undefined, readonly model: string, private readonly timeoutMs = TIMEOUT_MS) {
    super();
    models.check(model);
    // The check has it that this is a name.
    this.name = parseModelName(model) ?? { provider: '', model };
    const { provider } = this.name;
    const server = Object.hasOwn(options.compatible ?? {}, provider) ? options.compatible?.[provider] : undefined;
    if (server) this.load = () => loadCompatibleEmbeddings(provider, server);
    else if (hasEmbeddings(provider)) this.load = () => loadEmbeddings(provider, options[provider] ?? {});
    else throw new StepcastError('invalid_definition', `"${model}" makes no embeddings; take a model of ${EMBEDDING_PROVIDERS.join(', ')} or of a server in LLM_PROVIDERS`);
  }

  /**
   * Waits for the limits of the provider, and of the caller's user; that counts into the time that it is waited for.
   * @throws StepcastError as calls of models do, or what `signal` was aborted with.
   */
  async embed(text: string, signal: AbortSignal, caller?: EmbeddingCaller): Promise<Embedding> {
    let timeout: AbortSignal | undefined;
    let askedAt: number | undefined;
    try {
      const { embed, model, gate } = await this.loaded();
      timeout = AbortSignal.timeout(this.timeoutMs);
      const late = timeout;
      const either = AbortSignal.any([signal, late]);
      const ask = async (): Promise<{ vector: number[]; tokens: number | undefined }> => {
        askedAt = performance.now();
        const { embedding, usage } = await embed({ model, value: text, maxRetries: 0, abortSignal: either });
        return { vector: embedding, tokens: Number.isFinite(usage.tokens) ? usage.tokens : undefined };
      };
      const failureOf = (error: unknown) => this.failureOf(error, { signal, timeout: late, askedAt });
      const { vector, tokens } = gate ? await gate.pass({ text, caller, signal: either, worthMs: this.timeoutMs }, ask, failureOf) : await ask();
      const used = this.usageOf(tokens);
      return { vector, ...(used && { usage: used }) };
    } catch (error) {
      signal.throwIfAborted();
      if (timeout?.aborted) throw new StepcastError('overloaded', askedAt !== undefined ? `the model "${this.model}" was silent for ${this.timeoutMs} ms` : `the model "${this.model}" may not be asked yet, after ${this.timeoutMs} ms`, { retryable: true });
      throw this.models.failure(this.model, error);
    }
  }

  private failureOf(error: unknown, { signal, timeout, askedAt = Infinity }: Asked): EmbeddingFailure | undefined {
    if (signal.aborted) return undefined;
    // One that came late, as it had to wait for a limit, was given little time to answer: that says nothing of the provider.
    if (timeout.aborted) return performance.now() - askedAt < this.timeoutMs / 2 ? undefined : { isDown: true };
    const { code, options } = this.models.failure(this.model, error);
    return { isDown: code === 'overloaded', retryAfterSeconds: options.retryAfterSeconds };
  }

  private loaded(): Promise<Loaded> {
    if (this.loading) return this.loading;
    const { provider, model } = this.name;
    this.loading = Promise.all([import('ai'), this.load(), this.limits?.embeddingsOf(provider)]).then(([{ embed }, factory, gate]) => ({ embed, model: factory(model), gate }));
    // Not to be remembered: the next one tries again.
    this.loading.catch(() => (this.loading = undefined));
    return this.loading;
  }

  /** Nothing where the provider tells no tokens. */
  private usageOf(tokens: number | undefined): Usage | undefined {
    if (tokens === undefined) return undefined;
    const used = { inputTokens: tokens, totalTokens: tokens };
    const costUsd = this.models.costOf(this.model, used);
    return costUsd === undefined ? used : { ...used, costUsd };
  }
}

/** Absent where none is configured: the cache then finds the same inputs alone. */
export function embedderOf(options: LlmOptions, models: ModelRegistry, limits?: ModelLimits): Embedder | undefined {
  return options.embeddingModel === undefined ? undefined : new ModelEmbedder(options, models, limits, options.embeddingModel);
}
