import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { type Options } from 'pino-http';
import { redact } from './redaction/redact.js';

const INFO = 30;
const SETUP_CONTEXTS: ReadonlySet<unknown> = new Set(['InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestFactory', 'NestApplication']);

/**
 * Logs as JSON lines. Requests are logged where they failed; credentials never are: neither the headers that carry them
 * nor the ticket in a URL, nor, wherever else they stand, those that are known or look like one (redaction/redact.ts).
 */
export function loggerOptions(): Options {
  return {
    genReqId: requestIdOf,
    level: 'info',
    customLogLevel: (_request: IncomingMessage, response: ServerResponse, error?: Error) => levelOf(response.statusCode, error),
    // Probes ask every few seconds, and their answer is the one that tells.
    autoLogging: { ignore: ({ url }) => url?.startsWith('/health/') ?? false },
    serializers: {
      req: ({ id, method, url }: { id: unknown; method: string; url: string }) => ({ id, method, url: withoutTicket(url), ...executionOf(url) }),
      res: ({ statusCode }: { statusCode: number }) => ({ statusCode }),
    },
    hooks: {
      /** Nest tells of each module and route it sets up: of no use to an operator, and in the way of what is. */
      logMethod(args, log, level) {
        const { context } = (args[0] ?? {}) as { context?: unknown };
        if (level > INFO || !SETUP_CONTEXTS.has(context)) log.apply(this, args);
      },
      streamWrite: (line: string) => redact(line).replace(UNPRINTABLE, escaped),
    },
    redact: ['req.headers.authorization', 'req.headers["x-api-key"]', 'req.headers.cookie'],
  };
}

/**
 * What JSON lets stand as it is, and those who read logs do not: it ends lines, gives orders to terminals, turns the
 * direction of the text around it. It can only stand within a text of the line, where it is the same escaped.
 */
const UNPRINTABLE = /[\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** A 503 is foreseen: something is not available for now, and says so itself. */
function levelOf(status: number, error: Error | undefined): 'error' | 'warn' | 'info' | 'debug' {
  if (status === 503) return 'warn';
  if (error || status >= 500) return 'error';
  return status >= 400 ? 'info' : 'debug';
}

/** However its name is written: `%74icket`, `ticket[]` and such are read as `ticket` too. */
function withoutTicket(url: string): string {
  const start = url.indexOf('?');
  if (start < 0) return url;
  const parameters = url.slice(start + 1).split('&').map((parameter) => {
    const [name] = parameter.split('=', 1) as [string];
    return /ticket|%/i.test(name) && /ticket/i.test(decoded(name)) ? `${name}=…` : parameter;
  });
  return `${url.slice(0, start)}?${parameters.join('&')}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Nobody can tell what it is read as.
    return 'ticket';
  }
}

/** An id that came with the request, as from a proxy, or else one of its own; the answer tells it. */
export function requestIdOf({ headers }: IncomingMessage, response: ServerResponse): string {
  const given = headers['x-request-id'];
  const id = typeof given === 'string' && /^[\w.:-]{1,100}$/.test(given) ? given : randomUUID();
  response.setHeader('X-Request-Id', id);
  return id;
}

/** The execution a request is about, so that its lines are found by the id. */
function executionOf(url: string): { executionId?: string } {
  const id = /\/executions\/([^/?]{1,64})/.exec(url)?.[1];
  return id === undefined ? {} : { executionId: id };
}
