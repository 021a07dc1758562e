import { createHash } from 'node:crypto';
import { type AgentStep } from '../../contract/definition.js';
import { StepcastError } from '../../contract/errors.js';
import { type JsonObject, type JsonValue, toJson } from '../../contract/json.js';
import { type AgentContext, type AgentHandler } from '../../orchestration/agent.js';
import { Agent } from '../../orchestration/decorators.js';
import { retryAfterSeconds } from '../retry.after.js';
import { refuseInput, refuseStep } from '../../orchestration/agents/step.faults.js';
import { type BodyEncoding, bodyOf } from './http.body.js';
import { HttpClient } from './http.client.js';
import { HTTP_LIMITS, type HttpRequest, inputFaults, requestOf, stepFaults } from './http.input.js';

export interface HttpOutput {
  status: number;
  /** By lower-case name; `set-cookie` is a list. */
  headers: JsonObject;
  body: JsonValue;
  encoding: BodyEncoding;
  /** Where the answer comes from, after all redirects. */
  url: string;
}

/** Methods that do not say by themselves that they may be repeated. */
const WITH_KEY = new Set(['POST', 'PATCH']);
/** Longer ones are refused by those who have made this header known. */
const MAX_KEY = 255;
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);
const MAX_EXCERPT = 300;

/**
 * Makes one HTTP request. Whatever the server answers is the output, 429 and 5xx too, so that a workflow can decide by
 * `status`; with `failOnError` an answer of 400 and above fails the step, which a `retry` around it then tries again.
 */
@Agent({ name: 'http', description: 'Makes an HTTP request {method, url, headers?, body?}; its output is {status, headers, body, encoding, url}.' })
export class HttpAgent implements AgentHandler {
  constructor(private readonly client: HttpClient) {}

  async execute(context: AgentContext): Promise<HttpOutput> {
    refuseInput('http', inputFaults(context.input));
    const input = context.input as JsonObject;
    const { timeoutMs = HTTP_LIMITS.timeoutMs.default, maxBytes = HTTP_LIMITS.maxBytes.default, failOnError = false } = input;
    const request = withKey(requestOf(input), context);
    const answer = await this.client.send(request, { timeoutMs: timeoutMs as number, maxBytes: maxBytes as number, signal: context.signal });
    const { 'content-encoding': coding, 'content-type': type } = answer.headers;
    // What could not be decoded is no text, whatever its type.
    const { body, encoding } = bodyOf(answer.bytes, coding === undefined ? type : 'application/octet-stream');
    const output: HttpOutput = { status: answer.status, headers: toJson(answer.headers) as JsonObject, body, encoding, url: answer.url.href };
    if (failOnError === true && output.status >= 400) throw failure(request, output);
    return output;
  }

  check({ name, input }: Readonly<AgentStep>): void {
    if (input !== undefined && typeof input !== 'function') refuseStep('http', name, stepFaults(input));
  }
}

/** What is not to happen twice is told by a key that stays the same over the attempts of the step, unless one is given. */
function withKey(request: HttpRequest, { idempotencyKey }: AgentContext): HttpRequest {
  if (!WITH_KEY.has(request.method)) return request;
  const key = idempotencyKey.length <= MAX_KEY ? idempotencyKey : createHash('sha256').update(idempotencyKey).digest('hex');
  return { ...request, headers: { 'idempotency-key': key, ...request.headers } };
}

function failure({ method, url: { origin } }: HttpRequest, { status, headers, body }: HttpOutput): StepcastError {
  const said = body === null ? '' : `: ${(typeof body === 'string' ? body : JSON.stringify(body)).slice(0, MAX_EXCERPT)}`;
  const wait = retryAfterSeconds({ 'retry-after': headers['retry-after'] as string | undefined });
  return new StepcastError('http_failed', `${method} ${origin} was answered ${status}${said}`, {
    retryable: PASSING.has(status), ...(wait === undefined ? {} : { retryAfterSeconds: wait }),
  });
}
