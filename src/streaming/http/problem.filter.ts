/** Every refusal as a problem document (RFC 9457) with a code of the closed list; what was not foreseen tells nothing of itself outside. */
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, HttpStatus, Injectable, Logger, Optional } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { AUTHENTICATION_CHALLENGE } from '../../auth/authenticator.js';
import { type ErrorCode, type Fault, StepcastError } from '../../contract/errors.js';
import { cut } from '../../contract/text.js';
import { AuthenticationLimiter } from '../../rate-limit/authentication-limiter.js';
import { redact } from '../../redaction/redact.js';
import { type AuditedRequest, AuditLog } from '../audit.log.js';
import { STATUS_CODES } from 'node:http';

export interface Problem {
  type: 'about:blank';
  /** The status in words. */
  title: string;
  status: number;
  code: ErrorCode;
  /** What is wrong, and what helps. */
  detail: string;
  errors?: Fault[];
}

const CODE_BY_STATUS: Record<number, ErrorCode> = {
  400: 'invalid_request', 401: 'unauthenticated', 403: 'forbidden', 404: 'not_found', 405: 'method_not_allowed', 406: 'not_acceptable',
  409: 'conflict', 410: 'gone', 413: 'payload_too_large', 415: 'unsupported_media_type', 426: 'upgrade_required', 429: 'rate_limited',
};

@Injectable()
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  constructor(
    private readonly adapterHost: HttpAdapterHost,
    @Optional() private readonly authentication?: AuthenticationLimiter,
    @Optional() private readonly audit?: AuditLog,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const { httpAdapter } = this.adapterHost;
    const response = host.switchToHttp().getResponse<object>();
    if (httpAdapter.isHeadersSent(response)) {
      this.logger.error(thrown);
      httpAdapter.end(response);
      return;
    }
    if (thrown instanceof HttpException && thrown.getStatus() === 204) {
      httpAdapter.reply(response, undefined, HttpStatus.NO_CONTENT);
      return;
    }
    const error = stepcastErrorOf(thrown);
    this.audit?.refused(error, host.switchToHttp().getRequest<AuditedRequest>());
    if (error.code === 'internal') this.logger.error(thrown);
    if (error.code === 'authentication_unavailable') this.logger.warn(error.cause instanceof Error ? error.cause.message : error.message);
    // Whoever could not be authenticated for a fault of ours has guessed nothing.
    if (error.code !== 'unauthenticated') void this.authentication?.takeBack(host.switchToHttp().getRequest<object>());
    const { retryAfterSeconds } = error.options;
    if (retryAfterSeconds !== undefined) httpAdapter.setHeader(response, 'Retry-After', String(retryAfterSeconds));
    if (error.status === 401) httpAdapter.setHeader(response, 'WWW-Authenticate', AUTHENTICATION_CHALLENGE);
    httpAdapter.setHeader(response, 'Content-Type', 'application/problem+json; charset=utf-8');
    httpAdapter.setHeader(response, 'Cache-Control', 'no-store');
    httpAdapter.reply(response, problemOf(error), error.status);
  }
}

export function problemOf(error: StepcastError): Problem {
  const problem: Problem = { type: 'about:blank', title: STATUS_CODES[error.status] ?? 'Error', status: error.status, code: error.code, detail: toTell(error.message, MAX_DETAIL) };
  if (error.faults) problem.errors = error.faults.slice(0, MAX_FAULTS).map(({ path, message }) => ({ path: cut(path, MAX_PATH), message: toTell(message, MAX_MESSAGE) }));
  return problem;
}

/** Characters at the most: what was sent is named in refusals, and may have been of any size. */
const MAX_DETAIL = 1000;
const MAX_PATH = 300;
const MAX_MESSAGE = 500;
const MAX_FAULTS = 100;

/** What moves the cursor of a terminal, breaks a line or turns the direction of the text around it. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]/gu;

/** On one line, without secrets, and cut. Cut before as well: looking for them in all of it would take long. */
function toTell(text: string, length: number): string {
  const told = redact(text.slice(0, length * 2)).replace(UNPRINTABLE, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return cut(told, length);
}

/** Whatever was thrown while a request was served, as one of our errors. */
export function stepcastErrorOf(thrown: unknown): StepcastError {
  if (thrown instanceof StepcastError) return thrown;
  // Body parsers throw errors of their own: http-errors in Express, FST_… in Fastify.
  const status = thrown instanceof HttpException ? thrown.getStatus() : (thrown as { status?: unknown; statusCode?: unknown } | null)?.status ?? (thrown as { statusCode?: unknown } | null)?.statusCode;
  // Express's parser loads its tables of characters with the first body and calls whatever fails there a 400. Where they are not
  // on the disk any more, as while a new version is installed in the place of one that runs, the client is not to blame, and
  // the message has paths of the server in it.
  const isOurs = (thrown as { code?: unknown } | null)?.code === 'MODULE_NOT_FOUND';
  if (isOurs || typeof status !== 'number' || status < 400 || status >= 500) {
    return new StepcastError('internal', 'something went wrong on the server; the log of the service says what', { cause: thrown });
  }
  const message = thrown instanceof Error ? thrown.message : '';
  if (status === 400 && isOfZlib(thrown)) return new StepcastError('invalid_json', `the body cannot be unpacked as its Content-Encoding says (${message}); send it as it is, or pack it anew`);
  if (status === 400 && /JSON|body/i.test(message)) return new StepcastError('invalid_json', `the body is no valid JSON: ${message}`);
  if (status === 413) return new StepcastError('payload_too_large', 'the body is too large; at most 1 MiB is taken');
  if (status === 415) return new StepcastError('unsupported_media_type', 'send the body as JSON, with "Content-Type: application/json"');
  const code = CODE_BY_STATUS[status] ?? 'invalid_request';
  const faults = faultsOf(thrown);
  return new StepcastError(code, faults?.map((fault) => fault.message).join('; ') || message || 'the request is refused', faults ? { faults } : {});
}

/** Whether a body could not be unpacked: zlib gives numbers to its errors, which parsers hand on, and Nest as the cause of its own. */
function isOfZlib(thrown: unknown): boolean {
  const { cause, errno = (cause as { errno?: unknown } | undefined)?.errno } = thrown as { cause?: unknown; errno?: unknown };
  return typeof errno === 'number';
}

/** What Nest's own ValidationPipe finds stands in a list of sentences that name their field themselves. */
function faultsOf(thrown: unknown): Fault[] | undefined {
  const body = thrown instanceof HttpException ? thrown.getResponse() : undefined;
  const { message } = (typeof body === 'object' ? body : {}) as { message?: unknown };
  return Array.isArray(message) ? message.map((sentence) => ({ path: '', message: String(sentence) })) : undefined;
}
