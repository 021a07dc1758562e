/** Builds the service from its configuration; `service.process.ts` runs it. */
import { type IncomingMessage } from 'node:http';
import { NestFactory } from '@nestjs/core';
import { type NestExpressApplication } from '@nestjs/platform-express';
import helmet from 'helmet';
import { Logger } from 'nestjs-pino';
import { AppModule } from './app.module.js';
import { type ServiceConfig } from './config.js';
import { serveDocs } from './docs.js';
import { BoundedExpressAdapter } from './http-server.js';
import { ProblemFilter } from './streaming/http/problem.filter.js';

/** Bytes of a request's body. */
const BODY_LIMIT = 1024 * 1024;

export async function createService(config: ServiceConfig): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule.register(config), new BoundedExpressAdapter(), { bufferLogs: true, bodyParser: false, forceCloseConnections: false });
  app.useLogger(app.get(Logger));
  app.disable('x-powered-by');
  answerWhole(app);
  if (config.trustProxy !== undefined) app.set('trust proxy', config.trustProxy);
  // Plain http has to work as well: the service stands behind a proxy, or on one's own machine.
  app.use(helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } }));
  if (config.corsOrigins.length) {
    app.enableCors({ origin: config.corsOrigins, exposedHeaders: ['RateLimit', 'RateLimit-Policy', 'Retry-After', 'X-Request-Id'], maxAge: 600 });
  }
  // After what sets headers: refused bodies carry them too, or a page of another origin could not read why.
  app.useBodyParser('json', { limit: BODY_LIMIT, type: isJsonOfPost });
  app.useGlobalFilters(app.get(ProblemFilter));
  if (config.openDocs) serveDocs(app);
  return app;
}

/** Only routes of POST take a body. What comes with another method means nothing (RFC 9110, section 9.3.1), and is not looked at. */
function isJsonOfPost({ method, headers }: IncomingMessage): boolean {
  return method === 'POST' && headers['content-type']?.split(';')[0]?.trim().toLowerCase() === 'application/json';
}

/** Nothing of the API is kept by anybody, so there is nothing to compare it with; what may be kept (the page) compares by itself. */
function answerWhole(app: NestExpressApplication): void {
  app.disable('etag');
  // Without a tag, Express still answers 304 to `If-None-Match: *`.
  const { request } = app.getHttpAdapter().getInstance() as { request: object };
  Object.defineProperty(request, 'fresh', { value: false });
}
