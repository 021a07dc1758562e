/** The page at `/`: how it is served on both platforms, and that what it follows is whole. */
import { globSync, readFileSync } from 'node:fs';
import { type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { PinoLogger } from 'nestjs-pino';
import { AppModule } from '../src/app.module.js';
import { loadConfig } from '../src/config.js';
import { type WorkflowDefinition } from '../src/contract/definition.js';
import { DEFINITION } from '../src/page/samples.js';
import { sampleOf } from '../src/page/schema.js';
import { ExecutionStream } from '../src/page/stream.js';
import { applyEvent, newView } from '../src/page/view.js';
import { createService } from '../src/service.js';
import { TestApp } from './support/app.js';
import { type Answer, Client, KEYS } from './support/client.js';
import { within } from './support/patience.js';
import { FaultProxy } from './support/proxy.js';

describe.each(['express', 'fastify'] as const)('the page on %s', (platform) => {
  let app: INestApplication;
  let nobody: Client;

  beforeAll(async () => {
    const config = loadConfig({ STEPCAST_DATA_DIR: ':memory:', STEPCAST_API_KEYS: `alice:${KEYS.alice}` });
    app = platform === 'express' ? await createService(config) : await NestFactory.create(AppModule.register(config), new FastifyAdapter());
    app.useLogger(false);
    await app.listen(0, '127.0.0.1');
    // Refused requests are among what is tested.
    PinoLogger.root.level = 'silent';
    nobody = new Client(`http://127.0.0.1:${((app.getHttpServer() as Server).address() as AddressInfo).port}`, undefined);
  });
  afterAll(() => app.close());

  const asset = (name: string) => nobody.get(`//assets/${name}`);

  it('is there without a key, which its data is not', async () => {
    const page = await nobody.get('//');
    expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' } });
    expect(page.text).toMatch(/^<!doctype html>/);
    expect((await nobody.get('/workflows')).status).toBe(401);
  });

  it('may run and load its own files alone, and holds nothing inline', async () => {
    const { headers, text } = await nobody.get('//');
    const policy = new Map(String(headers['content-security-policy']).split('; ').map((part) => [part.split(' ')[0], part.split(' ').slice(1).join(' ')]));
    expect(Object.fromEntries(policy)).toMatchObject({
      'default-src': "'none'", 'script-src': "'self'", 'style-src': "'self'", 'connect-src': "'self'", 'form-action': "'none'", 'require-trusted-types-for': "'script'",
    });
    expect(text).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:|<script(?![^>]*\ssrc=)[^>]*>/i);
    expect(text).not.toMatch(/https?:\/\//);
  });

  it('comes with every file that it, and what it loads, asks for', async () => {
    const { text } = await nobody.get('//');
    const wanted = [...text.matchAll(/(?:href|src)="assets\/([^"]+)"/g)].map(([, name]) => name as string);
    expect(wanted).toEqual(expect.arrayContaining(['page.js', 'page.css', 'icon.svg']));
    const types = { js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml' };
    const seen = new Set<string>();
    for (const name of wanted) {
      if (seen.has(name)) continue;
      seen.add(name);
      const file = await asset(name);
      expect(file).toMatchObject({ status: 200, headers: { 'cache-control': 'no-cache', 'content-type': `${types[name.split('.').pop() as 'js']}; charset=utf-8` } });
      if (name.endsWith('.js')) wanted.push(...[...file.text.matchAll(/from '\.\/([^']+)'/g)].map(([, imported]) => imported as string));
    }
    // What the build copies beside the compiled controller is all of it.
    const { compilerOptions: { assets: [copied] } } = JSON.parse(readFileSync('nest-cli.json', 'utf8')) as { compilerOptions: { assets: [{ include: string }] } };
    expect(globSync(copied.include, { cwd: 'src' }).map((path) => path.replace('page/', '')).sort()).toEqual([...seen, 'index.html'].sort());
  });

  it('is sent once, and then confirmed by its ETag', async () => {
    for (const path of ['//', '//assets/page.js']) {
      const { headers: { etag } } = await nobody.get(path);
      expect(etag).toMatch(/^"[\w-]{43}"$/);
      const again = (tag: string): Promise<Answer> => nobody.get(path, { 'if-none-match': tag });
      for (const tag of [etag as string, `W/${etag}`, `"other", ${etag}`, '*']) {
        expect(await again(tag)).toMatchObject({ status: 304, text: '', headers: { etag, 'cache-control': 'no-cache' } });
      }
      expect((await again('"other"')).status).toBe(200);
      expect(await nobody.request('HEAD', path)).toMatchObject({ status: 200, text: '', headers: { etag } });
    }
    expect((await nobody.get('//')).headers.etag).not.toBe((await asset('page.js')).headers.etag);
  });

  it.each(['nothing.js', 'stream.d.ts', 'tsconfig.json', '..%2fpage.controller.ts', '..%2f..%2fpackage.json', '%2e%2e%2fmain.ts', '__proto__'])('has no asset %s', async (name) => {
    expect(await asset(name)).toMatchObject({ status: 404, json: { code: 'not_found' } });
  });
});

describe('what the page follows', () => {
  it('is whole over a line that breaks again and again, and over a restart of the service', async () => {
    let app = await TestApp.start();
    const proxy = await FaultProxy.to(app.port);
    try {
      const tokens = (name: string, count: number) => ({ type: 'agent' as const, name, agent: 'tokens', input: { count } });
      const id = await app.alice.start({
        name: 'broken', steps: [
          { type: 'parallel', name: 'p', steps: [tokens('a', 60), { type: 'retry', name: 'r', maxAttempts: 3, backoff: { delayMs: 1 }, step: { type: 'sequential', name: 's', steps: [tokens('b', 30), { type: 'agent', name: 'f', agent: 'flaky', input: { failures: 2 } }] } }] },
          { type: 'input', name: 'ask', schema: { type: 'boolean' } },
          tokens('c', 20),
        ],
      });
      const view = newView(id);
      const asked = Promise.withResolvers<void>();
      const askedAgain = Promise.withResolvers<void>();
      proxy.cutAfter = 6000;
      const stream = new ExecutionStream({
        url: `${proxy.base}/api/v1/executions/${id}/stream`, headers: { 'X-API-Key': KEYS.alice }, backoff: () => 0, onConnection: () => undefined,
        onEvent: (event) => {
          expect(event.seq).toBe(view.lastSeq + 1);
          applyEvent(view, event);
          if (event.type === 'input_required') (event.step.attempt === 1 ? asked : askedAgain).resolve();
        },
      });
      const ended = stream.run();
      await within(asked.promise, 'the question');
      app = await app.restart();
      proxy.retarget(app.port);
      await within(askedAgain.promise, 'the question after the restart');
      expect((await app.alice.post(`/executions/${id}/input`, { value: true })).status).toBe(202);
      await within(ended, 'the end of the stream');
      const status = await app.alice.status(id);
      expect(view).toMatchObject({ status: 'completed', progress: 1, lastSeq: status.lastSeq, result: status.result });
      const texts = (steps: Iterable<{ id: string; attempt: number; text: string }>) => [...steps].map((step) => [step.id, step.attempt, step.text]);
      expect(texts(view.steps.values())).toEqual(texts(Object.values(status.steps)));
      for (const step of ['p/a', 'p/r/s/b', 'c']) expect(view.steps.get(step)?.text).toBe(view.steps.get(step)?.output);
      expect(proxy.connections).toBeGreaterThan(5);
    } finally {
      await proxy.close();
      await app.close();
    }
  });

  it('come with a sample that runs, and whose input its schema takes', async () => {
    const app = await TestApp.start();
    try {
      // Without its pauses.
      const workflow = JSON.parse(JSON.stringify(DEFINITION, (key, value: unknown) => (key === 'intervalMs' || key === 'delayMs' || key === 'ms' ? 1 : value))) as WorkflowDefinition;
      const id = await app.alice.start(workflow, sampleOf(DEFINITION.inputSchema));
      const reader = await app.alice.openExecution(id);
      await reader.until('input_required');
      await app.alice.post(`/executions/${id}/input`, { value: true });
      await reader.whenEnded();
      expect(await app.alice.status(id)).toMatchObject({ status: 'completed', result: 'Published: All about rabbits, in short.' });
    } finally {
      await app.close();
    }
  });
});
