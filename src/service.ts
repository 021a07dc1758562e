/** Builds the service from its configuration; `main.ts` runs it. */
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
  if (config.trustProxy !== undefined) app.set('trust proxy', config.trustProxy);
  // Plain http has to work as well: the service stands behind a proxy, or on one's own machine.
  app.use(helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } }));
  if (config.corsOrigins.length) {
    app.enableCors({ origin: config.corsOrigins, exposedHeaders: ['RateLimit', 'RateLimit-Policy', 'Retry-After', 'X-Request-Id'], maxAge: 600 });
  }
  // After what sets headers: refused bodies carry them too, or a page of another origin could not read why.
  app.useBodyParser('json', { limit: BODY_LIMIT });
  app.useGlobalFilters(app.get(ProblemFilter));
  if (config.openDocs) serveDocs(app);
  return app;
}
