/**
 * Gemini: `POST /models/{model}:streamGenerateContent?alt=sse`, unnamed events with lines that end in CR LF, each a response
 * of its own whose candidates hold parts. Tool calls come whole; refused keys answer 400; when to come again is in the body.
 */
import { type Exchange } from '../exchange.js';
import { encode, jsonAnswer, type ToolCallOnWire, type WireAnswer, type WireEvent, type WireFormat, wireId, type WireStream } from '../format.js';
import { type FaultName, type Finish, type Refusal, type WireUsage } from '../script.js';

/** What is looked at in a request. */
interface Request {
  contents?: Content[];
  tools?: { functionDeclarations?: { name: string }[] }[];
  generationConfig?: { responseMimeType?: string };
}

interface Content {
  role?: string;
  parts?: object[];
}

const ERRORS: Record<FaultName, [code: number, status: string, message: string]> = {
  auth: [400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.'],
  rate_limited: [429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits.'],
  quota: [429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits.'],
  context_length: [400, 'INVALID_ARGUMENT', 'The input token count (1200042) exceeds the maximum number of tokens allowed (1048576).'],
  content_filter: [400, 'INVALID_ARGUMENT', 'The prompt was blocked.'],
  overloaded: [503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.'],
  server_error: [500, 'INTERNAL', 'An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting'],
  model_not_found: [404, 'NOT_FOUND', 'models/no-such-model is not found for API version v1beta, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods.'],
  invalid_request: [400, 'INVALID_ARGUMENT', 'Request contains an invalid argument.'],
};

const PATH = /^\/models\/([^:]+):streamGenerateContent$/;

export class GoogleFormat implements WireFormat {
  readonly base = '/google/v1beta';
  readonly newline = '\r\n';
  readonly headers = { 'content-type': 'text/event-stream', 'content-disposition': 'attachment', 'x-content-type-options': 'nosniff' };

  modelOf(path: string): string | undefined {
    const [, model] = PATH.exec(path) ?? [];
    return model;
  }

  check(exchange: Exchange, key: string): Refusal | undefined {
    const { headers, query, model } = exchange;
    const body = exchange.body as Request;
    const invalid = (message: string): Refusal => ({ fail: 'invalid_request', message });
    if (headers['x-goog-api-key'] !== key) return { fail: 'auth' };
    if (query.get('alt') !== 'sse') return invalid('this server answers with alt=sse alone');
    const { contents = [] } = body;
    if (contents.length === 0) return invalid('* GenerateContentRequest.contents: contents is not specified');
    if (toolsOf(body).length && body.generationConfig?.responseMimeType === 'application/json' && model.startsWith('gemini-2')) {
      return invalid("Function calling with a response mime type: 'application/json' is unsupported");
    }
    const count = (content: Content | undefined, part: string): number => (content?.parts ?? []).filter((each) => part in each).length;
    for (const [n, content] of contents.entries()) {
      const called = content.role === 'model' ? count(content, 'functionCall') : 0;
      if (called > 0 && count(contents[n + 1], 'functionResponse') !== called) {
        return invalid('Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.');
      }
    }
    return undefined;
  }

  stream({ model, body }: Exchange, usage: WireUsage): WireStream {
    // Structured output beside tools: models that can't do both are made to call one that is named so.
    return new GeminiStream(model, usage, toolsOf(body as Request).includes('json'));
  }

  /** A prompt that is blocked is no failed request: its answer has no candidates. */
  refuse({ fail, message, retryAfterSeconds }: Refusal, { model }: Pick<Exchange, 'model'>): WireAnswer {
    if (fail === 'content_filter') {
      const data = { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' }, usageMetadata: { promptTokenCount: 4, totalTokenCount: 4 }, modelVersion: model, responseId: wireId('') };
      return { status: 200, headers: this.headers, body: encode({ data }, this.newline) };
    }
    return jsonAnswer(ERRORS[fail][0], { error: errorOf({ fail, message, retryAfterSeconds }) });
  }
}

function toolsOf({ tools = [] }: Request): string[] {
  return tools.flatMap(({ functionDeclarations = [] }) => functionDeclarations.map(({ name }) => name));
}

class GeminiStream implements WireStream {
  private readonly responseId = wireId('');

  constructor(private readonly model: string, private readonly usage: WireUsage, private readonly jsonByTool: boolean) {}

  /** Nothing goes ahead of the first part. */
  open(): WireEvent[] {
    return [];
  }

  text(delta: string): WireEvent[] {
    return [this.part({ text: delta })];
  }

  reasoning(delta: string): WireEvent[] {
    return [this.part({ text: delta, thought: true })];
  }

  call({ id, tool, parts }: ToolCallOnWire): WireEvent[] {
    const args = JSON.parse(parts.join('')) as object;
    return [this.part({ functionCall: { ...(id === undefined ? {} : { id }), name: tool, args }, thoughtSignature: 'CiQBcsjafJ8Y2Q0rX1Zl' })];
  }

  json(parts: readonly string[]): WireEvent[] {
    return this.jsonByTool ? this.call({ id: undefined, tool: 'json', parts }) : parts.flatMap((part) => this.text(part));
  }

  close(finish: Finish): WireEvent[] {
    const { usage } = this;
    const reason = { stop: 'STOP', length: 'MAX_TOKENS', content_filter: 'SAFETY' }[finish];
    const thoughts = usage.reasoning ?? 0;
    const usageMetadata = {
      promptTokenCount: usage.input, candidatesTokenCount: usage.output - thoughts, totalTokenCount: usage.input + usage.output,
      ...(usage.cached === undefined ? {} : { cachedContentTokenCount: usage.cached }),
      ...(thoughts === 0 ? {} : { thoughtsTokenCount: thoughts }),
      promptTokensDetails: [{ modality: 'TEXT', tokenCount: usage.input }],
    };
    const content = finish === 'content_filter' ? {} : { content: { parts: [{ text: '' }], role: 'model' } };
    return [{ data: { candidates: [{ ...content, finishReason: reason, index: 0 }], usageMetadata, modelVersion: this.model, responseId: this.responseId } }];
  }

  error(refusal: Refusal): WireEvent[] {
    return [{ data: { error: errorOf(refusal) } }];
  }

  private part(part: object): WireEvent {
    const { input } = this.usage;
    const usageMetadata = { promptTokenCount: input, totalTokenCount: input, promptTokensDetails: [{ modality: 'TEXT', tokenCount: input }] };
    return { data: { candidates: [{ content: { parts: [part], role: 'model' }, index: 0 }], usageMetadata, modelVersion: this.model, responseId: this.responseId } };
  }
}

function errorOf({ fail, message, retryAfterSeconds }: Refusal): object {
  const [code, status, text] = ERRORS[fail];
  const details: object[] = [];
  if (fail === 'auth') {
    details.push(
      { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID', domain: 'googleapis.com', metadata: { service: 'generativelanguage.googleapis.com' } },
      { '@type': 'type.googleapis.com/google.rpc.LocalizedMessage', locale: 'en-US', message: text },
    );
  }
  if (retryAfterSeconds !== undefined) {
    details.push(
      { '@type': 'type.googleapis.com/google.rpc.QuotaFailure', violations: [{ quotaMetric: 'generativelanguage.googleapis.com/generate_content_free_tier_requests', quotaId: 'GenerateRequestsPerMinutePerProjectPerModel-FreeTier', quotaValue: '10' }] },
      { '@type': 'type.googleapis.com/google.rpc.Help', links: [{ description: 'Learn more about Gemini API quotas', url: 'https://ai.google.dev/gemini-api/docs/rate-limits' }] },
      { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${retryAfterSeconds}s` },
    );
  }
  return { code, message: message ?? (retryAfterSeconds === undefined ? text : `${text} Please retry in ${retryAfterSeconds}s.`), status, ...(details.length ? { details } : {}) };
}
