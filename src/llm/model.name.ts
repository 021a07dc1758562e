/** Names of models: `provider/model`, where the model may have slashes of its own (`ollama/library/llama3:8b`). */
export interface ModelName {
  provider: string;
  model: string;
}

const PROVIDER = /^[a-z][a-z0-9_-]{0,31}$/;
/** It becomes part of a URL at some providers: no segment may lead elsewhere. */
const MODEL = /^[A-Za-z0-9][\w.:@+-]*(?:\/(?!\.\.?(?:\/|$))[\w.:@+-]+)*$/;
const MAX_LENGTH = 200;

/** Providers that need no entry in `LlmOptions.compatible`. */
export const BUILT_IN_PROVIDERS = ['openai', 'anthropic', 'google', 'demo'] as const;
export type BuiltInProvider = (typeof BUILT_IN_PROVIDERS)[number];

/** The small local model: what it is called, and all that `demo` has. */
export const DEMO_MODEL = 'demo/writer';

export function isProviderName(name: string): boolean {
  return PROVIDER.test(name);
}

export function isBuiltIn(provider: string): provider is BuiltInProvider {
  return (BUILT_IN_PROVIDERS as readonly string[]).includes(provider);
}

/** Nothing where `name` is no name of a model. */
export function parseModelName(name: string): ModelName | undefined {
  const slash = name.indexOf('/');
  const provider = name.slice(0, Math.max(0, slash));
  const model = name.slice(slash + 1);
  return name.length <= MAX_LENGTH && PROVIDER.test(provider) && MODEL.test(model) ? { provider, model } : undefined;
}
