import { describe, expect, it } from '@jest/globals';
import { APICallError, InvalidResponseDataError, JSONParseError, LoadAPIKeyError, NoSuchModelError } from 'ai';
import { type ErrorCode, StepcastError } from '../contract/errors.js';
import { cutOff, modelFailure } from './provider.errors.js';

interface Answer {
  status?: number;
  body?: unknown;
  headers?: Record<string, string>;
  message?: string;
  cause?: unknown;
}

/** As the SDK makes it of an answer. */
function apiError({ status, body, headers, message, cause }: Answer): APICallError {
  const error = (body as { error?: { message?: string } } | undefined)?.error;
  return new APICallError({
    message: message ?? error?.message ?? 'refused', url: 'https://api.example/v1', requestBodyValues: { prompt: 'a secret plan' }, cause,
    ...(status === undefined ? {} : { statusCode: status }), ...(headers ? { responseHeaders: headers } : {}), ...(body === undefined ? {} : { data: body, responseBody: JSON.stringify(body) }),
  });
}

/** As the SDK makes it of an event in the stream. */
function streamError(fields: { message: string; type?: string; code?: string | number; statusCode?: number; isRetryable?: boolean; data?: unknown }): Error {
  return Object.assign(new Error(fields.message), { name: 'AI_StreamProviderError', ...fields });
}

const failure = (error: unknown) => modelFailure(error, { model: 'openai/gpt-5', keyName: 'OPENAI_API_KEY', secrets: ['very-secret-key'] });
const lost = (code: string, message = code) => Object.assign(new Error(message), { code });

describe('failures of providers', () => {
  it.each<[string, Answer, ErrorCode, boolean]>([
    ['OpenAI: over the limit', { status: 429, body: { error: { message: 'Rate limit reached', type: 'requests', code: 'rate_limit_exceeded' } } }, 'rate_limited', true],
    ['OpenAI: no quota', { status: 429, body: { error: { message: 'You exceeded your current quota', type: 'insufficient_quota', code: 'insufficient_quota' } } }, 'rate_limited', false],
    ['OpenAI: tokens per minute', { status: 429, body: { error: { message: 'Request too large on tokens per min (TPM); reduce the context length', code: 'rate_limit_exceeded' } } }, 'rate_limited', true],
    ['OpenAI: wrong key', { status: 401, body: { error: { message: 'Incorrect API key provided', type: 'invalid_request_error', code: 'invalid_api_key' } } }, 'auth', false],
    ['OpenAI: too long', { status: 400, body: { error: { message: "This model's maximum context length is 128000 tokens", type: 'invalid_request_error', code: 'context_length_exceeded' } } }, 'context_length', false],
    ['OpenAI: refused content', { status: 400, body: { error: { message: 'Your request was rejected by our safety system', code: 'content_policy_violation' } } }, 'content_filter', false],
    ['OpenAI: no such model', { status: 404, body: { error: { message: 'The model does not exist', code: 'model_not_found' } } }, 'model_failed', false],
    ['OpenAI: wrong parameter', { status: 400, body: { error: { message: "Unsupported parameter: 'temperature'", code: 'unsupported_parameter' } } }, 'model_failed', false],
    ['OpenAI: down', { status: 500, body: { error: { message: 'The server had an error', type: 'server_error' } } }, 'overloaded', true],
    ['Anthropic: overloaded', { status: 529, body: { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } } }, 'overloaded', true],
    ['Anthropic: too long', { status: 400, body: { type: 'error', error: { type: 'invalid_request_error', message: 'prompt is too long: 210000 tokens > 200000 maximum' } } }, 'context_length', false],
    ['Anthropic: too large', { status: 413, body: { type: 'error', error: { type: 'request_too_large', message: 'Request exceeds the maximum size' } } }, 'context_length', false],
    ['Anthropic: no credit', { status: 400, body: { type: 'error', error: { type: 'invalid_request_error', message: 'Your credit balance is too low' } } }, 'auth', false],
    ['Anthropic: no right', { status: 403, body: { type: 'error', error: { type: 'permission_error', message: 'Your API key does not have permission' } } }, 'auth', false],
    ['Google: wrong key', { status: 400, body: { error: { code: 400, message: 'API key not valid. Please pass a valid API key.', status: 'INVALID_ARGUMENT' } } }, 'auth', false],
    ['Google: too long', { status: 400, body: { error: { code: 400, message: 'The input token count (1050000) exceeds the maximum number of tokens allowed (1048576).', status: 'INVALID_ARGUMENT' } } }, 'context_length', false],
    ['Google: over the limit', { status: 429, body: { error: { code: 429, message: 'You exceeded your current quota, please check your plan and billing details.', status: 'RESOURCE_EXHAUSTED' } } }, 'rate_limited', true],
    ['Google: overloaded', { status: 503, body: { error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } } }, 'overloaded', true],
    ['a proxy that has no answer', { status: 502, message: 'Bad Gateway' }, 'overloaded', true],
    ['a proxy whose page is no JSON', { status: 502, message: 'Failed to process error response', cause: new JSONParseError({ text: '<html>', cause: new Error('no') }) }, 'overloaded', true],
    ['a time-out', { status: 408, message: 'Request Timeout' }, 'overloaded', true],
    ['a payment that is due', { status: 402, message: 'Payment Required' }, 'auth', false],
    ['a server that is not there', { message: 'Cannot connect to API: connect ECONNREFUSED 127.0.0.1:1', cause: lost('ECONNREFUSED') }, 'overloaded', true],
    ['a line that was cut in the middle of an answer', { status: 200, message: 'Failed to process successful response', cause: new TypeError('terminated', { cause: lost('UND_ERR_SOCKET', 'other side closed') }) }, 'overloaded', true],
    ['an answer that is no JSON', { status: 200, message: 'Invalid JSON response', cause: new JSONParseError({ text: '{"a', cause: new Error('no') }) }, 'model_failed', true],
  ])('%s', (_, answer, code, retryable) => {
    const { code: given, options, message } = failure(apiError(answer));
    expect({ code: given, retryable: options.retryable }).toEqual({ code, retryable });
    expect(message).toMatch(/^the model "openai\/gpt-5" /);
  });

  // Of an answer in another form than the provider's own, the SDK keeps the body alone; its message is that of the status.
  it.each<[string, number, unknown, ErrorCode, string]>([
    ['vLLM: too long', 400, { object: 'error', message: "This model's maximum context length is 4096 tokens.", type: 'BadRequestError', param: null, code: 400 }, 'context_length', "This model's maximum context length is 4096 tokens."],
    ['llama.cpp: too long', 400, { error: { code: 400, message: 'the request exceeds the available context size', type: 'exceed_context_size_error' } }, 'context_length', 'the request exceeds the available context size'],
    ['a list, as Google gives it', 400, [{ error: { code: 400, message: 'API key not valid.', status: 'INVALID_ARGUMENT' } }], 'auth', 'API key not valid.'],
    ['a text', 404, { error: 'model "llama9" not found' }, 'model_failed', 'model "llama9" not found'],
    ['a gateway: no quota', 429, { error: { message: 'You exceeded your current quota', code: 'insufficient_quota' } }, 'rate_limited', 'You exceeded your current quota'],
    ['a detail', 422, { detail: 'messages must not be empty' }, 'model_failed', 'messages must not be empty'],
    ['nothing of use', 400, { detail: [{ loc: ['body'] }] }, 'model_failed', 'Bad Request'],
    ['no object', 400, 'null', 'model_failed', 'Bad Request'],
    ['a page', 502, '<html>', 'overloaded', 'Bad Gateway'],
  ])('in a form of its own: %s', (_, statusCode, body, code, words) => {
    const message = statusCode === 502 ? 'Bad Gateway' : 'Bad Request';
    const error = new APICallError({ message, url: 'https://api.example/v1', requestBodyValues: {}, statusCode, responseBody: typeof body === 'string' ? body : JSON.stringify(body) });
    const given = failure(error);
    expect(given.code).toBe(code);
    expect(given.message).toContain(`: ${words}`);
  });

  it.each<[string, Error, ErrorCode, boolean | undefined]>([
    ['an event of a failure in the server', streamError({ message: 'an error was encountered while running the model: unexpected EOF', type: 'api_error', isRetryable: false }), 'overloaded', true],
    ['an event of overload', streamError({ message: 'Overloaded', type: 'overloaded_error', statusCode: 503 }), 'overloaded', true],
    ['an event of a limit', streamError({ message: 'Rate limit reached, please try again in 2s', code: 'rate_limit_exceeded', statusCode: 429 }), 'rate_limited', true],
    ['an event of a limit without a status', streamError({ message: 'slow down', type: 'rate_limit_error' }), 'rate_limited', true],
    ['an event of a length', streamError({ message: 'too long', code: 'context_length_exceeded' }), 'context_length', false],
    ['an event of an account without quota, and without a status', streamError({ message: 'You exceeded your current quota', code: 'insufficient_quota' }), 'rate_limited', false],
    ['an event of filtered content, whose status is a guess', streamError({ message: 'no', code: 'image_content_policy_violation', statusCode: 500 }), 'content_filter', false],
    ['an event that says nothing', streamError({ message: 'oh', isRetryable: false }), 'model_failed', false],
    ['a chunk that cannot be read', new JSONParseError({ text: '{"choices":[{"del', cause: new Error('no') }), 'model_failed', true],
    ['a stream that ended without an end, as the client of Chat Completions tells it', new InvalidResponseDataError({ data: undefined, message: 'Response stream ended without a finish reason.' }), 'overloaded', true],
    ['a chunk that makes no sense', new InvalidResponseDataError({ data: {}, message: "Expected 'id' to be a string." }), 'model_failed', true],
    ['a lost connection', new TypeError('fetch failed', { cause: lost('ENOTFOUND', 'getaddrinfo ENOTFOUND api.example') }), 'overloaded', true],
    ['a key that is missing', new LoadAPIKeyError({ message: 'key is missing' }), 'auth', false],
    ['a model there is not', new NoSuchModelError({ modelId: 'x', modelType: 'languageModel' }), 'model_failed', false],
    ['anything else', new Error('odd'), 'model_failed', undefined],
  ])('in the stream: %s', (_, error, code, retryable) => {
    const { code: given, options } = failure(error);
    expect({ code: given, retryable: options.retryable }).toEqual({ code, retryable });
  });

  // As the client of OpenAI tells an event that comes before any output: the answer of a request, with a status that it guesses.
  it.each<[string, number, { code: string; message: string }, ErrorCode, boolean]>([
    ['no quota', 429, { code: 'insufficient_quota', message: 'You exceeded your current quota' }, 'rate_limited', false],
    ['over the limit', 429, { code: 'rate_limit_exceeded', message: 'Rate limit reached' }, 'rate_limited', true],
    ['too long', 400, { code: 'context_length_exceeded', message: 'Shorten it' }, 'context_length', false],
    ['refused content', 500, { code: 'content_policy_violation', message: 'No' }, 'content_filter', false],
    ['wrong key', 400, { code: 'invalid_api_key', message: 'Incorrect' }, 'auth', false],
    ['down', 500, { code: 'server_error', message: 'Sorry' }, 'overloaded', true],
  ])('as the first event of the stream: %s', (_, status, error, code, retryable) => {
    const frames = [{ type: 'error', sequence_number: 2, ...error, param: null }, { type: 'error', error }, { type: 'response.failed', response: { id: 'resp_1', error } }];
    for (const body of frames) expect(failure(apiError({ status, body, message: error.message }))).toMatchObject({ code, options: { retryable } });
  });

  it.each([undefined, null, 'text', 7, {}, { error: { message: 'm' } }])('takes what is no error: %j', (thrown) => {
    expect(failure(thrown)).toMatchObject({ code: 'model_failed' });
  });

  it('keeps Retry-After, from headers and from the body', () => {
    expect(failure(apiError({ status: 429, headers: { 'retry-after': '7' } })).options.retryAfterSeconds).toBe(7);
    expect(failure(apiError({ status: 503, headers: { 'retry-after-ms': '1500' } })).options.retryAfterSeconds).toBe(1.5);
    expect(failure(apiError({ status: 429, body: { error: { message: 'quota', details: [{ retryDelay: '34s' }] } } })).options.retryAfterSeconds).toBe(34);
    expect(failure(streamError({ message: 'Please try again in 20ms.', statusCode: 429 })).options.retryAfterSeconds).toBeCloseTo(0.02, 9);
  });

  it('asks nobody to wait for what will not be better then', () => {
    expect(failure(apiError({ status: 401, headers: { 'retry-after': '7' } })).options).toEqual({ retryable: false });
  });

  it('never repeats a key, nor carries the request', () => {
    const error = apiError({ status: 401, body: { error: { message: 'Incorrect API key provided: very-secret-key, sk-proj-abcdefgh1234, Bearer abcdefgh1234, AIzaSyA1234567890.' } } });
    const { message, cause } = failure(error);
    expect(message).toBe('the model "openai/gpt-5" has refused the key: Incorrect API key provided: [redacted], [redacted], Bearer [redacted], [redacted] (check OPENAI_API_KEY)');
    expect(cause).toBeUndefined();
  });

  it('takes no letters out of words where a key is as short as these, as that of a server at home may be', () => {
    const error = apiError({ status: 400, body: { error: { message: 'the key g (not "tea", a*c or sk-1) is too long, and has length 1 to teach' } } });
    const { message } = modelFailure(error, { model: 'local/tea', secrets: ['g', 'tea', 'sk-1', 'a*c'] });
    expect(message).toContain('the key [redacted] (not "[redacted]", [redacted] or [redacted]) is too long, and has length 1 to teach');
  });

  it('leaves what has a code already', () => {
    const error = new StepcastError('tool_failed', 'it has');
    expect(failure(error)).toBe(error);
  });

  it('counts a stream that was cut as something that may go well the next time', () => {
    expect(cutOff('a/b', 'has ended')).toMatchObject({ code: 'overloaded', options: { retryable: true }, message: 'the model "a/b" has ended (try later, or put the step into a retry)' });
  });
});
