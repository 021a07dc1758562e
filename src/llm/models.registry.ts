/** The models that can be called: by name, with the key, the address and the price that the configuration gives them. */
import { Injectable, Optional } from '@nestjs/common';
import { type LanguageModel } from 'ai';
import { StepcastError } from '../contract/errors.js';
import { type Usage } from '../contract/events.js';
import { type ModelCaller } from './limits/limited.model.js';
import { ModelLimits } from './limits/model.limits.js';
import { LlmOptions, type ModelPrice, type ProviderOptions } from './llm.options.js';
import { BUILT_IN_PROVIDERS, DEMO_MODEL, isBuiltIn, isProviderName, type ModelName, parseModelName } from './model.name.js';
import { modelFailure } from './provider.errors.js';
import { loadBuiltIn, loadCompatible, type ModelFactory } from './provider.loader.js';
import { costOf } from './usage.js';

/** A model that can be called, and what it is called in the configuration. */
export interface ResolvedModel {
  /** `provider/model` */
  name: string;
  model: LanguageModel;
}

/** Of providers that cannot be called without. */
const KEY_NAMES: Readonly<Record<string, string>> = { openai: 'OPENAI_API_KEY', anthropic: 'ANTHROPIC_API_KEY', google: 'GOOGLE_GENERATIVE_AI_API_KEY' };

@Injectable()
export class ModelRegistry {
  private readonly factories = new Map<string, Promise<ModelFactory>>();
  private readonly compatible: ReadonlyMap<string, ProviderOptions & { baseUrl: string }>;
  private readonly prices: ReadonlyMap<string, ModelPrice>;
  /** Keys, which no message may repeat. */
  private readonly secrets: readonly string[];

  /** @throws StepcastError `conflict` for a provider whose name is taken or malformed. */
  constructor(private readonly options: LlmOptions, @Optional() private readonly limits?: ModelLimits) {
    const { openai, anthropic, google, compatible = {}, prices = {} } = options;
    for (const name of Object.keys(compatible)) {
      if (isBuiltIn(name)) throw new StepcastError('conflict', `the provider "${name}" is built in; give the server another name, or set the base URL of "${name}"`);
      if (!isProviderName(name)) throw new StepcastError('conflict', `"${name}" is no name for a provider; use small letters, digits, - and _`);
    }
    this.compatible = new Map(Object.entries(compatible));
    this.prices = new Map(Object.entries(prices));
    this.secrets = [openai, anthropic, google, ...this.compatible.values()].flatMap((provider) => provider?.apiKey || []);
  }

  /**
   * Throws unless the model, or without a name the default one, can be called.
   * @throws StepcastError `model_not_configured`: what is to be set; `invalid_definition`: no name of a model, or of no provider.
   */
  check(name?: string): void {
    this.locate(name);
  }

  isConfigured(name?: string): boolean {
    try {
      this.locate(name);
      return true;
    } catch {
      return false;
    }
  }

  /**
   * The model of that name, or the default one; its provider's package is loaded for it. Its requests pass the limits of the
   * provider, and of the caller's user; an agent gives its context, so that readers are told where one has to wait.
   *
   * @throws StepcastError as `check`.
   */
  async resolve(name?: string, caller?: ModelCaller): Promise<ResolvedModel> {
    const located = this.locate(name);
    const { provider, model } = located;
    let factory = this.factories.get(provider);
    if (!factory) this.factories.set(provider, (factory = this.load(provider)));
    const made = (await factory)(model);
    return { name: `${provider}/${model}`, model: this.limits ? await this.limits.limit(located, made, caller) : made };
  }

  /** The base URL that is set for a model's provider; nothing where it is asked at its own address, or not known. */
  addressOf(name: string): string | undefined {
    const provider = parseModelName(name)?.provider ?? '';
    return (this.compatible.get(provider) ?? this.settingsOf(provider)).baseUrl;
  }

  priceOf(name: string): ModelPrice | undefined {
    return this.prices.get(name);
  }

  /** US dollars; nothing where no price is configured, or the provider has told no tokens. */
  costOf(name: string, usage: Usage): number | undefined {
    const price = this.priceOf(name);
    return price && costOf(price, usage);
  }

  /** Whatever a call of the model has thrown, with a code, and without any key. */
  failure(name: string, error: unknown): StepcastError {
    const provider = parseModelName(name)?.provider ?? name;
    return modelFailure(error, { model: name, keyName: KEY_NAMES[provider], secrets: this.secrets });
  }

  private load(provider: string): Promise<ModelFactory> {
    const server = this.compatible.get(provider);
    const factory = server ? loadCompatible(provider, server) : isBuiltIn(provider) ? loadBuiltIn(provider, this.settingsOf(provider)) : Promise.reject(new Error(provider));
    // Not to be remembered: the next call tries again.
    factory.catch(() => this.factories.delete(provider));
    return factory;
  }

  private locate(name = this.options.defaultModel): ModelName {
    if (name === undefined) {
      throw new StepcastError('model_not_configured', `no model is named: set LLM_MODEL to provider/model, or name one in the step's input; ${DEMO_MODEL} is a small local one to try streams with`);
    }
    const located = parseModelName(name);
    if (!located) throw new StepcastError('invalid_definition', `${JSON.stringify(name.slice(0, 100))} is no name of a model; write provider/model, such as openai/gpt-5`);
    const { provider } = located;
    if (this.compatible.has(provider)) return located;
    if (!isBuiltIn(provider)) {
      const known = [...BUILT_IN_PROVIDERS, ...this.compatible.keys()].join(', ');
      throw new StepcastError('invalid_definition', `the model "${name}" is of a provider that is not known; known are ${known}, and LLM_PROVIDERS adds more`);
    }
    if (provider === 'demo' && name !== DEMO_MODEL) throw new StepcastError('invalid_definition', `there is no model "${name}"; the one of demo is ${DEMO_MODEL}`);
    const keyName = KEY_NAMES[provider];
    if (keyName !== undefined && !this.settingsOf(provider).apiKey) {
      throw new StepcastError('model_not_configured', `the model "${name}" needs a key: set ${keyName} and start the service again`);
    }
    return located;
  }

  private settingsOf(provider: string): ProviderOptions {
    return (provider === 'openai' || provider === 'anthropic' || provider === 'google' ? this.options[provider] : undefined) ?? {};
  }
}
