/** OpenAI's words for what goes wrong, which servers that speak its Chat Completions mostly share. */
import { type Exchange } from '../exchange.js';
import { type FaultName, type Refusal } from '../script.js';

/** What is looked at in a JSON Schema. */
export interface Schema {
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: unknown;
  items?: Schema;
}

interface OpenAiError {
  message: string;
  type: string | null;
  param: string | null;
  code: string | number | null;
}

const STATUS: Record<FaultName, number> = {
  auth: 401, rate_limited: 429, quota: 429, context_length: 400, content_filter: 400, overloaded: 503, server_error: 500, model_not_found: 404, invalid_request: 400,
};

export function openAiError({ fail, message }: Refusal, model: string, api: 'responses' | 'chat'): { status: number; error: OpenAiError } {
  const input = api === 'responses' ? 'input' : 'messages';
  const errors: Record<FaultName, OpenAiError> = {
    auth: { message: 'Incorrect API key provided: sk-wrong*****. You can find your API key at https://platform.openai.com/account/api-keys.', type: 'invalid_request_error', param: null, code: 'invalid_api_key' },
    rate_limited: {
      message: `Rate limit reached for ${model} in organization org-aBcD on tokens per min (TPM): Limit 30000, Used 29500, Requested 1000. Please try again in 1s. Visit https://platform.openai.com/account/rate-limits to learn more.`,
      type: 'tokens', param: null, code: 'rate_limit_exceeded',
    },
    quota: {
      message: 'You exceeded your current quota, please check your plan and billing details. For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.',
      type: 'insufficient_quota', param: null, code: 'insufficient_quota',
    },
    context_length: {
      message: api === 'responses'
        ? 'Your input exceeds the context window of this model. Please adjust your input and try again.'
        : "This model's maximum context length is 128000 tokens. However, your messages resulted in 150001 tokens. Please reduce the length of the messages.",
      type: 'invalid_request_error', param: input, code: 'context_length_exceeded',
    },
    content_filter: api === 'responses'
      ? { message: 'Invalid prompt: your prompt was flagged as potentially violating our usage policy. Please try again with a different prompt: https://platform.openai.com/docs/guides/reasoning#advice-on-prompting', type: 'invalid_request_error', param: null, code: 'invalid_prompt' }
      : { message: "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify your prompt and retry.", type: null, param: 'prompt', code: 'content_filter' },
    overloaded: { message: 'The server is currently overloaded with other requests. Sorry about that! You can retry your request, or contact us through our help center if the error persists.', type: 'server_error', param: null, code: null },
    server_error: { message: 'The server had an error processing your request. Sorry about that! You can retry your request.', type: 'server_error', param: null, code: null },
    model_not_found: { message: `The model '${model}' does not exist or you do not have access to it.`, type: 'invalid_request_error', param: null, code: 'model_not_found' },
    invalid_request: { message: 'Invalid request.', type: 'invalid_request_error', param: null, code: null },
  };
  return { status: STATUS[fail], error: { ...errors[fail], ...(message === undefined ? {} : { message }) } };
}

/** Those of every answer; with a refusal, when to come again, in both ways that are sent. */
export function openAiHeaders({ retryAfterSeconds }: Partial<Refusal> = {}): Record<string, string> {
  return {
    'openai-version': '2020-10-01',
    'openai-processing-ms': '42',
    'x-request-id': 'req_5b1c0a9e8d7f4a3b',
    'x-ratelimit-limit-requests': '500',
    'x-ratelimit-remaining-requests': '499',
    'x-ratelimit-reset-requests': '120ms',
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterSeconds)), 'retry-after-ms': String(Math.round(retryAfterSeconds * 1000)) }),
  };
}

export function bearerFault({ headers }: Exchange, key: string): Refusal | undefined {
  return headers.authorization === `Bearer ${key}` ? undefined : { fail: 'auth' };
}

/** What `strict` demands of a schema: every object closed, every property required. */
export function strictFault(schema: Schema | undefined, where: string, path: readonly string[] = []): string | undefined {
  const at = `Invalid schema for ${where}: In context=(${path.map((part) => `'${part}'`).join(', ')}), `;
  if (schema === undefined) return undefined;
  const types = [schema.type].flat();
  if (path.length === 0 && !types.includes('object')) return `${at}schema must be a JSON Schema of 'type: "object"', got 'type: "${types.join()}"'.`;
  if (types.includes('object')) {
    const { properties = {}, required = [] } = schema;
    if (schema.additionalProperties !== false) return `${at}'additionalProperties' is required to be supplied and to be false.`;
    const missing = Object.keys(properties).find((name) => !required.includes(name));
    if (missing !== undefined) return `${at}'required' is required to be supplied and to be an array including every key in properties. Missing '${missing}'.`;
    for (const [name, property] of Object.entries(properties)) {
      const fault = strictFault(property, where, [...path, 'properties', name]);
      if (fault !== undefined) return fault;
    }
  }
  return types.includes('array') ? strictFault(schema.items, where, [...path, 'items']) : undefined;
}
