import { type AddressInfo } from 'node:net';
import { Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { afterEach, describe, expect, it } from '@jest/globals';
import { serveDocs } from './docs.js';
import { type Handler } from './openapi.js';

Logger.overrideLogger(false);

@Module({})
class EmptyModule {}

let app: NestExpressApplication;
afterEach(() => app.close());

/** Serves what `load` gives; answers what fetches a path of it. */
async function served(load: () => Promise<Handler>): Promise<(path: string) => Promise<{ status: number; text: string }>> {
  app = await NestFactory.create<NestExpressApplication>(EmptyModule);
  serveDocs(app, load);
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  return async (path) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    return { status: answer.status, text: await answer.text() };
  };
}

const site: Handler = (request, response, next) => (request.url?.includes('nothing') ? next() : response.end(`the site: ${request.url}`));

describe('the documentation', () => {
  it('is loaded for the first request, and once for all that come before it is there', async () => {
    let loads = 0;
    const [asked, loaded] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const get = await served(async () => {
      loads++;
      asked.resolve();
      await loaded.promise;
      return site;
    });
    expect((await get('/other')).status).toBe(404);
    expect(loads).toBe(0);
    const paths = ['/docs', '/docs-json', '/docs-yaml', '/docs/page.css?v=1', '/DOCS/'];
    const answers = paths.map(get);
    await asked.promise;
    loaded.resolve();
    expect(await Promise.all(answers)).toEqual(paths.map((path) => ({ status: 200, text: `the site: ${path}` })));
    expect((await get('/docs')).status).toBe(200);
    expect(loads).toBe(1);
  });

  it('answers 500 where it cannot be loaded, and is loaded anew for the next request', async () => {
    let loads = 0;
    const get = await served(async () => {
      if (++loads === 1) throw new Error('a file is missing');
      return site;
    });
    expect(await get('/docs-json')).toMatchObject({ status: 500, text: expect.not.stringContaining('missing') });
    expect(await get('/docs-json')).toEqual({ status: 200, text: 'the site: /docs-json' });
  });

  it('leaves what it does not have, and paths that only begin like its own, to the service', async () => {
    const get = await served(async () => site);
    for (const path of ['/docs/nothing', '/docsite', '/docs-jsonl', '/api/docs']) expect((await get(path)).status).toBe(404);
  });
});
