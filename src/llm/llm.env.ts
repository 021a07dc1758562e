/** The environment of the service, as far as models go. What is not understood is told in one line each, and never a key. */
import { isObject, type JsonValue } from '../contract/json.js';
import { nearestName } from '../contract/nearest.name.js';
import { EMBEDDING_PROVIDERS, type EmbeddingProvider, hasEmbeddings } from './embedding/embedding.loader.js';
import { type LimitsOptions } from './limits/limits.options.js';
import { parseLimits } from './limits/limits.parser.js';
import { LlmOptions, type ModelPrice, type ProviderOptions } from './llm.options.js';
import { BUILT_IN_PROVIDERS, DEMO_MODEL, isBuiltIn, isProviderName, parseModelName } from './model.name.js';
import { isAllowedHost, isBaseUrl, isKey } from './option.values.js';

export type Env = Readonly<Record<string, string | undefined>>;

const DAY_MS = 24 * 60 * 60 * 1000;
const EMBEDDING_KEYS: Readonly<Record<EmbeddingProvider, string>> = { openai: 'OPENAI_API_KEY', google: 'GOOGLE_GENERATIVE_AI_API_KEY' };
const PRICE_KEYS = ['input', 'output', 'cachedInput'] as const;

/** What the environment says of models; `faults` is empty where all of it is understood. */
export function llmOptionsFrom(env: Env): { options: LlmOptions; faults: string[] } {
  const reader = new EnvReader(env);
  return { options: optionsOf(reader), faults: reader.faults };
}

/** A line for each name that begins with `LLM_` and that nothing reads: a limit that is misspelt would limit nothing. */
export function unknownLlmNames(env: Env): string[] {
  const reader = new EnvReader(env);
  optionsOf(reader);
  const known = [...reader.names].filter((name) => name.startsWith('LLM_'));
  const unknown = Object.keys(env).filter((name) => name.startsWith('LLM_') && env[name] !== undefined && !reader.names.has(name));
  return unknown.map((name) => {
    const meant = nearestName(name, known);
    return `${name} is not known${meant === undefined ? '' : `; did you mean ${meant}?`}; there are ${known.join(', ')}`;
  });
}

function optionsOf(reader: EnvReader): LlmOptions {
  const options = new LlmOptions();
  const compatible = reader.compatible();
  const defaultModel = reader.model('LLM_MODEL', Object.keys(compatible));
  if (defaultModel !== undefined) options.defaultModel = defaultModel;
  const embeddingModel = reader.embeddingModel('LLM_EMBEDDING_MODEL', Object.keys(compatible));
  if (embeddingModel !== undefined) options.embeddingModel = embeddingModel;
  options.openai = reader.provider('OPENAI_API_KEY', 'OPENAI_BASE_URL');
  options.anthropic = reader.provider('ANTHROPIC_API_KEY', 'ANTHROPIC_BASE_URL');
  options.google = reader.provider('GOOGLE_GENERATIVE_AI_API_KEY', 'GOOGLE_BASE_URL');
  options.compatible = compatible;
  options.prices = reader.prices();
  options.httpAllowedHosts = reader.hosts();
  const idleTimeoutMs = reader.milliseconds('LLM_IDLE_TIMEOUT_MS');
  if (idleTimeoutMs !== undefined) options.idleTimeoutMs = idleTimeoutMs;
  const limits = reader.limits(Object.keys(compatible));
  if (limits !== undefined) options.limits = limits;
  return options;
}

class EnvReader {
  readonly faults: string[] = [];
  /** All that were asked for. */
  readonly names = new Set<string>();

  constructor(private readonly env: Env) {}

  model(name: string, providers: readonly string[]): string | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const model = parseModelName(value);
    if (!model) this.faults.push(`${name} must be provider/model, such as openai/gpt-5 or ${DEMO_MODEL}, but is "${value}"`);
    else if (!isBuiltIn(model.provider) && !providers.includes(model.provider)) this.faults.push(`${name} is of the provider "${model.provider}", which is not known; known are ${[...BUILT_IN_PROVIDERS, ...providers].join(', ')}, and LLM_PROVIDERS adds more`);
    else if (model.provider === 'demo' && value !== DEMO_MODEL) this.faults.push(`${name} is "${value}"; the one model of demo is ${DEMO_MODEL}`);
    else return value;
    return undefined;
  }

  /** Its key is looked at too: no execution is refused for want of it, which would be told with every step. */
  embeddingModel(name: string, providers: readonly string[]): string | undefined {
    const before = this.faults.length;
    const value = this.model(name, providers);
    const provider = (value !== undefined && parseModelName(value)?.provider) || '';
    if (value === undefined || this.faults.length > before || providers.includes(provider)) return value;
    const keyName = hasEmbeddings(provider) ? EMBEDDING_KEYS[provider] : undefined;
    if (keyName === undefined) this.faults.push(`${name} is "${value}", and ${provider} has no embeddings; take a model of ${EMBEDDING_PROVIDERS.join(', ')} or of a server in LLM_PROVIDERS`);
    else if (this.text(keyName) === undefined) this.faults.push(`${name} is "${value}", whose key is not set: set ${keyName}`);
    return value;
  }

  provider(keyName: string, urlName: string): ProviderOptions {
    const apiKey = this.key(keyName);
    const url = this.text(urlName);
    const baseUrl = url === undefined ? undefined : this.url(urlName, url);
    return { ...(apiKey === undefined ? {} : { apiKey }), ...(baseUrl === undefined ? {} : { baseUrl }) };
  }

  /** `name=baseUrl` or `name=baseUrl|KEY_ENV_NAME`, a comma list. */
  compatible(): NonNullable<LlmOptions['compatible']> {
    const found: NonNullable<LlmOptions['compatible']> = {};
    for (const [i, item] of this.list('LLM_PROVIDERS').entries()) {
      const [, name, url, keyName] = /^([^=]+)=([^|]+)(?:\|(.+))?$/.exec(item) ?? [];
      const entry = `LLM_PROVIDERS: entry ${i + 1}`;
      if (name === undefined || url === undefined) this.faults.push(`${entry} must be name=baseUrl or name=baseUrl|KEY_ENV_NAME`);
      else if (!isProviderName(name)) this.faults.push(`${entry} has a name that is not of small letters, digits, - and _`);
      else if (isBuiltIn(name)) this.faults.push(`${entry}: "${name}" is built in; give the server another name`);
      else if (Object.hasOwn(found, name)) this.faults.push(`${entry} repeats the name "${name}"`);
      else {
        const baseUrl = this.url(entry, url);
        const apiKey = keyName === undefined ? undefined : this.key(keyName);
        if (keyName !== undefined && this.text(keyName) === undefined) this.faults.push(`${entry} takes its key from ${keyName}, which is not set`);
        if (baseUrl !== undefined) found[name] = { baseUrl, ...(apiKey === undefined ? {} : { apiKey }) };
      }
    }
    return found;
  }

  prices(): Record<string, ModelPrice> {
    const text = this.text('LLM_PRICES');
    if (text === undefined) return {};
    const prices = jsonOf(text);
    if (!isObject(prices)) {
      this.faults.push('LLM_PRICES must be a JSON object such as {"openai/gpt-5": {"input": 1.25, "output": 10}}, US dollars per million tokens');
      return {};
    }
    return Object.fromEntries(Object.entries(prices).filter(([model, price]) => this.isPrice(model, price))) as unknown as Record<string, ModelPrice>;
  }

  hosts(): string[] {
    const hosts = this.list('LLM_HTTP_ALLOWED_HOSTS');
    for (const host of hosts) if (!isAllowedHost(host)) this.faults.push(`LLM_HTTP_ALLOWED_HOSTS: "${host}" is no host such as localhost:8080 or intranet.example`);
    return hosts;
  }

  limits(providers: readonly string[]): LimitsOptions | undefined {
    const text = this.text('LLM_LIMITS');
    if (text === undefined) return undefined;
    const { limits, faults } = parseLimits(text, [...BUILT_IN_PROVIDERS, ...providers]);
    this.faults.push(...faults.map((fault) => `LLM_LIMITS: ${fault}`));
    return limits;
  }

  milliseconds(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (/^\d{1,9}$/.test(value) && Number(value) >= 1000 && Number(value) <= DAY_MS) return Number(value);
    this.faults.push(`${name} must be a whole number from 1000 to ${DAY_MS}, but is "${value}"`);
    return undefined;
  }

  private isPrice(model: string, price: JsonValue): boolean {
    const fault = (what: string) => void this.faults.push(`LLM_PRICES: ${JSON.stringify(model)} ${what}`);
    const before = this.faults.length;
    if (!parseModelName(model)) fault('is no provider/model');
    else if (!isObject(price)) fault('must be {"input": …, "output": …, "cachedInput"?: …}');
    else {
      for (const key of Object.keys(price)) if (!(PRICE_KEYS as readonly string[]).includes(key)) fault(`has "${key}", which is not known; known are ${PRICE_KEYS.join(', ')}`);
      for (const key of PRICE_KEYS) {
        const value = price[key];
        if ((value !== undefined || key !== 'cachedInput') && !(typeof value === 'number' && value >= 0 && value < Infinity)) fault(`must have ${key} as US dollars per million tokens, 0 or more`);
      }
    }
    return this.faults.length === before;
  }

  /** A value that no fault repeats. */
  private key(name: string): string | undefined {
    const value = this.text(name);
    if (value === undefined || isKey(value)) return value;
    this.faults.push(`${name} has characters that a key cannot have, such as blanks, a line break or the … of an example`);
    return undefined;
  }

  private url(name: string, value: string): string | undefined {
    if (isBaseUrl(value)) return value;
    this.faults.push(`${name} must be an http or https URL without a password and a query, such as http://localhost:11434/v1`);
    return undefined;
  }

  private list(name: string): string[] {
    return (this.text(name)?.split(',') ?? []).map((item) => item.trim()).filter((item) => item !== '');
  }

  private text(name: string): string | undefined {
    this.names.add(name);
    const value = this.env[name];
    return value === undefined || value === '' ? undefined : value;
  }
}

function jsonOf(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}
