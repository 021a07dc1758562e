/**
 * Sends one request and the ones it is redirected to, within all bounds: guarded addresses, time, size. Each has a
 * connection of its own, made by agents of its own: nothing that the process has set for all requests, such as a proxy
 * from the environment (`NODE_USE_ENV_PROXY`), gets between the check of an address and the connection to it.
 */
import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { Injectable } from '@nestjs/common';
import { StepcastError } from '../../contract/errors.js';
import { Deadline } from '../tools/deadline.js';
import { AddressGuard } from './address.guard.js';
import { readBody } from './http.body.js';
import { HTTP_LIMITS, type HttpRequest } from './http.input.js';
import { redirectOf } from './redirect.js';

export interface HttpAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  /** Of the request that was answered, after all redirects. */
  url: URL;
  bytes: Buffer;
}

export interface HttpBounds {
  timeoutMs: number;
  maxBytes: number;
  signal: AbortSignal;
}

const AGENTS = { 'http:': new http.Agent({ keepAlive: false }), 'https:': new https.Agent({ keepAlive: false, maxCachedSessions: 0 }) } as const;
/** Would fail the same way again: what the server is, and not how it does. */
const LASTING = /^(?:ERR_TLS_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_SSL_|HPE_)/;

@Injectable()
export class HttpClient {
  constructor(private readonly guard: AddressGuard) {}

  /**
   * Answers whatever the server answers, 4xx and 5xx too.
   * @throws StepcastError `address_refused`; `http_failed` where there is no whole answer; the reason of the signal where it aborts.
   */
  async send(request: HttpRequest, { timeoutMs, maxBytes, signal }: HttpBounds): Promise<HttpAnswer> {
    signal.throwIfAborted();
    const deadline = new Deadline(timeoutMs, signal);
    let current = request;
    try {
      for (let redirects = 0; ; redirects++) {
        const response = await this.exchange(current, deadline.signal);
        try {
          const next = redirectOf(current, response);
          if (!next) return await answerOf(response, current.url, maxBytes);
          if (redirects === HTTP_LIMITS.redirects) throw new StepcastError('http_failed', `${request.url.origin} redirects more than ${HTTP_LIMITS.redirects} times`, { retryable: false });
          current = next;
        } finally {
          response.destroy();
        }
      }
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (deadline.over) throw new StepcastError('http_failed', `${named(current)} gave no whole answer within ${timeoutMs} ms`, { retryable: true, cause: error });
      throw failed(current, error);
    } finally {
      deadline.end();
    }
  }

  private exchange({ method, url, headers, body }: HttpRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const lookup = this.guard.lookupFor(url);
    const { request } = url.protocol === 'https:' ? https : http;
    return new Promise((resolve, reject) => {
      let answer: IncomingMessage | undefined;
      const length = body ? { 'content-length': String(body.length) } : {};
      request(url, {
        method, lookup, signal, headers: { ...headers, ...length }, agent: AGENTS[url.protocol as keyof typeof AGENTS],
        maxHeaderSize: HTTP_LIMITS.headerBytes, insecureHTTPParser: false,
      }).on('response', (response) => {
        answer = response;
        resolve(response);
      }).on('error', (error) => {
        reject(error);
        // Node takes any end of the connection for the end of such a body, a reset and an abort too.
        if (answer && endsWithConnection(answer)) answer.destroy(error);
      }).on('upgrade', (_response, socket) => {
        // Without a listener for it, nothing would be told.
        socket.destroy();
        reject(new StepcastError('http_failed', `${url.origin} answers in another protocol, which was not asked for`, { retryable: false }));
      }).end(body);
    });
  }
}

function endsWithConnection({ headers }: IncomingMessage): boolean {
  return headers['content-length'] === undefined && headers['transfer-encoding'] === undefined;
}

async function answerOf(response: IncomingMessage, url: URL, maxBytes: number): Promise<HttpAnswer> {
  const { bytes, isDecoded } = await readBody(response, maxBytes);
  const headers = { ...response.headers };
  if (isDecoded && headers['content-encoding'] !== undefined) {
    // They speak of what was on the wire.
    delete headers['content-encoding'];
    delete headers['content-length'];
  }
  return { status: response.statusCode as number, headers, url, bytes };
}

function failed(request: HttpRequest, error: unknown): StepcastError {
  if (error instanceof StepcastError) return error;
  const { code = '' } = error as NodeJS.ErrnoException;
  return new StepcastError('http_failed', `${named(request)} failed: ${reasonOf(error as Error)}`, { retryable: !LASTING.test(code), cause: error });
}

/** Without the path and the query, which may hold secrets. */
function named({ method, url }: HttpRequest): string {
  return `${method} ${url.origin}`;
}

/** Where a host has several addresses, and none could be connected to, the error itself says nothing. */
function reasonOf(error: Error): string {
  return error instanceof AggregateError ? [...new Set(error.errors.map((one: Error) => one.message))].join('; ') : error.message;
}
