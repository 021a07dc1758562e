/**
 * `/docs`, `/docs-json` and `/docs-yaml`. Most runs of the service never serve them, and the libraries of OpenAPI take
 * as long to load as Nest itself: what serves them is loaded by the first request for one of them.
 */
import { type NestExpressApplication } from '@nestjs/platform-express';
import { type Handler } from './openapi.js';

/** As Express matches them: in any case, with or without a slash at the end. */
const DOCS = /^\/docs(-json|-yaml)?([/?]|$)/i;

export function serveDocs(app: NestExpressApplication, load: () => Promise<Handler> = () => loadSite(app)): void {
  const site = once(load);
  const handle: Handler = (request, response, next) => {
    if (!DOCS.test(request.url ?? '')) next();
    else site().then((serve) => serve(request, response, next)).catch(next);
  };
  app.use(handle);
}

async function loadSite(app: NestExpressApplication): Promise<Handler> {
  const { docsSite } = await import('./openapi.js');
  return docsSite(app);
}

/** Calls that come while it is made wait for the same one. A failure is theirs alone: the next call makes it anew. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make().catch((error: unknown) => {
    made = undefined;
    throw error;
  }));
}
