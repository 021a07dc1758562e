import { type IncomingMessage, type ServerResponse } from 'node:http';
import { type Params } from 'nestjs-pino';

const INFO = 30;
const SETUP_CONTEXTS: ReadonlySet<unknown> = new Set(['InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestFactory', 'NestApplication']);

/**
 * Logs as JSON lines. Requests are logged where they failed; credentials never are: neither the headers that carry them
 * nor the ticket in a URL.
 */
export function loggerOptions(): Params {
  return {
    pinoHttp: {
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
      },
      redact: ['req.headers.authorization', 'req.headers["x-api-key"]', 'req.headers.cookie'],
    },
  };
}

/** A 503 is foreseen: something is not available for now, and says so itself. */
function levelOf(status: number, error: Error | undefined): 'error' | 'warn' | 'info' | 'debug' {
  if (status === 503) return 'warn';
  if (error || status >= 500) return 'error';
  return status >= 400 ? 'info' : 'debug';
}

function withoutTicket(url: string): string {
  return url.replace(/([?&]ticket=)[^&]*/g, '$1…');
}

/** The execution a request is about, so that its lines are found by the id. */
function executionOf(url: string): { executionId?: string } {
  const id = /\/executions\/([^/?]{1,64})/.exec(url)?.[1];
  return id === undefined ? {} : { executionId: id };
}
