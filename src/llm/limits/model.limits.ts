/** The gates of all providers, each made with the first model of it. They count in memory: what a process before has used is not known. */
import { Injectable, Optional } from '@nestjs/common';
import { type LanguageModel } from 'ai';
import { Clock } from '../../orchestration/clock.js';
import { LlmOptions } from '../llm.options.js';
import { type ModelName } from '../model.name.js';
import { EmbeddingGate } from './embedding.gate.js';
import { limitedModel, type ModelCaller } from './limited.model.js';
import { LimitsObserver } from './limits.observer.js';
import { limitsOf } from './limits.options.js';
import { ProviderGate } from './provider.gate.js';

@Injectable()
export class ModelLimits {
  private readonly gates = new Map<string, Promise<ProviderGate | undefined>>();

  constructor(private readonly options: LlmOptions, private readonly clock: Clock, @Optional() private readonly observer: LimitsObserver = new LimitsObserver()) {}

  /** The model behind the gate of its provider, or as it is where that has no limits. */
  async limit({ provider, model: id }: ModelName, model: LanguageModel, caller?: ModelCaller): Promise<LanguageModel> {
    const gate = await this.gateOf(provider);
    return gate ? limitedModel(`${provider}/${id}`, model, gate, caller) : model;
  }

  /** The way of embeddings through the gate of a provider; nothing where that has no limits. */
  async embeddingsOf(provider: string): Promise<EmbeddingGate | undefined> {
    const gate = await this.gateOf(provider);
    return gate && new EmbeddingGate(await import('cockatiel'), gate, this.clock);
  }

  private gateOf(provider: string): Promise<ProviderGate | undefined> {
    let gate = this.gates.get(provider);
    if (gate) return gate;
    this.gates.set(provider, (gate = this.makeGate(provider)));
    // Not to be remembered: the next call tries again.
    gate.catch(() => this.gates.delete(provider));
    return gate;
  }

  private async makeGate(provider: string): Promise<ProviderGate | undefined> {
    const limits = limitsOf(provider, this.options.limits);
    return limits && new ProviderGate(await import('cockatiel'), provider, limits, this.clock, this.observer);
  }
}
