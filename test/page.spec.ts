/** The dashboard at `/`: how its files are served, on both platforms. What it does in a browser is in test/dashboard. */
import { readdirSync, readFileSync } from 'node:fs';
import { type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { PinoLogger } from 'nestjs-pino';
import { AppModule } from '../src/app.module.js';
import { loadConfig } from '../src/config.js';
import { DashboardFiles } from '../src/dashboard.files.js';
import { createService } from '../src/service.js';
import { type Answer, Client, KEYS, send } from './support/client.js';
import { dashboardFolder } from './support/dashboard.js';

const folder = dashboardFolder();
const built = readdirSync(new URL('assets/', folder));
const script = built.find((name) => /^index-.*\.js$/.test(name)) as string;

async function start(platform: 'express' | 'fastify', prefix?: string): Promise<{ app: INestApplication; nobody: Client }> {
  const config = loadConfig({ STEPCAST_DATA_DIR: ':memory:', STEPCAST_API_KEYS: `alice:${KEYS.alice}` });
  const app = platform === 'express' ? await createService(config) : await NestFactory.create(AppModule.register(config), new FastifyAdapter());
  app.useLogger(false);
  if (prefix !== undefined) app.setGlobalPrefix(prefix);
  app.get(DashboardFiles).folder = folder;
  await app.listen(0, '127.0.0.1');
  // Refused requests are among what is tested.
  PinoLogger.root.level = 'silent';
  return { app, nobody: new Client(`http://127.0.0.1:${((app.getHttpServer() as Server).address() as AddressInfo).port}`, undefined) };
}

describe.each(['express', 'fastify'] as const)('the dashboard on %s', (platform) => {
  let app: INestApplication;
  let nobody: Client;

  beforeAll(async () => {
    ({ app, nobody } = await start(platform));
  });
  afterAll(() => app.close());

  const asset = (name: string, headers: Record<string, string> = {}) => nobody.get(`//assets/${name}`, headers);

  it('is there without a key, which its data is not', async () => {
    const page = await nobody.get('//');
    expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' } });
    expect(page.text).toMatch(/^<!doctype html>/);
    expect((await nobody.get('/workflows')).status).toBe(401);
  });

  it('may run and load its own files alone, and holds nothing inline', async () => {
    const { headers, text } = await nobody.get('//');
    const policy = new Map(String(headers['content-security-policy']).split('; ').map((part) => [part.split(' ')[0], part.split(' ').slice(1).join(' ')]));
    expect(Object.fromEntries(policy)).toEqual({
      'default-src': "'none'", 'script-src': "'self'", 'style-src': "'self'", 'img-src': "'self' data:", 'font-src': "'self'", 'connect-src': "'self'",
      'base-uri': "'none'", 'form-action': "'none'", 'frame-ancestors': "'none'", 'require-trusted-types-for': "'script'", 'trusted-types': "'none'",
    });
    expect(text).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:|<script(?![^>]*\ssrc=)[^>]*>/i);
    expect(text).not.toMatch(/https?:\/\//);
  });

  it('comes with every file that it, and what it loads, asks for, by addresses that are relative', async () => {
    const { text } = await nobody.get('//');
    const wanted = [...text.matchAll(/(?:href|src)="\.\/assets\/([^"]+)"/g)].map(([, name]) => name as string);
    expect(text.match(/(?:href|src)="(?!\.\/assets\/|docs")[^"]*"/)).toBeNull();
    expect(wanted).toContain(script);
    const types = { js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml' };
    const seen = new Set<string>();
    for (const name of wanted) {
      if (seen.has(name)) continue;
      seen.add(name);
      const file = await asset(name);
      expect(file).toMatchObject({ status: 200, headers: { 'content-type': `${types[name.split('.').pop() as 'js']}; charset=utf-8` } });
      expect(file.text).toBe(readFileSync(new URL(`assets/${name}`, folder), 'utf8'));
      // Other files of the build that it names.
      wanted.push(...built.filter((other) => file.text.includes(other)));
    }
    expect([...seen].sort()).toEqual(built.filter((name) => !name.endsWith('.map')).sort());
  });

  it('is confirmed by its ETag, and its files, whose names change with them, are kept for good', async () => {
    expect((await nobody.get('//')).headers['cache-control']).toBe('no-cache');
    expect((await asset(script)).headers['cache-control']).toBe('public, max-age=31536000, immutable');
    for (const path of ['//', `//assets/${script}`]) {
      const { headers: { etag } } = await nobody.get(path);
      expect(etag).toMatch(/^"[\w-]{43}"$/);
      const again = (tag: string): Promise<Answer> => nobody.get(path, { 'if-none-match': tag });
      for (const tag of [etag as string, `W/${etag}`, `"other", ${etag}`, '*']) {
        expect(await again(tag)).toMatchObject({ status: 304, text: '', headers: { etag } });
      }
      expect((await again('"other"')).status).toBe(200);
      expect(await nobody.request('HEAD', path)).toMatchObject({ status: 200, text: '', headers: { etag } });
    }
  });

  it('is compressed for those who take that, with a tag of its own', async () => {
    const get = async (coding: string) => {
      const response = await send(nobody.base, 'GET', `/assets/${script}`, { headers: { 'accept-encoding': coding } });
      const parts: Buffer[] = [];
      for await (const part of response) parts.push(part as Buffer);
      return { headers: response.headers, bytes: Buffer.concat(parts) };
    };
    const plain = readFileSync(new URL(`assets/${script}`, folder));
    const { headers, bytes } = await get('br;q=1, gzip;q=0.8');
    expect(headers).toMatchObject({ 'content-encoding': 'gzip', vary: expect.stringMatching(/accept-encoding/i), 'content-length': String(bytes.length) });
    expect(gunzipSync(bytes).equals(plain)).toBe(true);
    for (const coding of ['identity', 'gzip;q=0', 'br']) {
      const other = await get(coding);
      expect(other.headers['content-encoding']).toBeUndefined();
      expect(other.bytes.equals(plain)).toBe(true);
      expect(other.headers.etag).not.toBe(headers.etag);
    }
  });

  it.each(['nothing.js', 'index.html', '..%2findex.html', '..%2f..%2fmain.js', '..%2f..%2f..%2fpackage.json', '%2e%2e%2findex.html', '__proto__'])('has no asset %j', async (name) => {
    expect(await asset(name)).toMatchObject({ status: 404, json: { code: 'not_found' } });
  });
});

describe('the dashboard of an app with a global prefix', () => {
  it('is found with its files, also by who leaves out the slash at the end', async () => {
    const { app, nobody } = await start('express', 'tools/stepcast');
    try {
      expect(await nobody.get('//tools/stepcast?a=1')).toMatchObject({ status: 308, headers: { location: 'stepcast/?a=1' } });
      expect(await nobody.get('//tools/stepcast/')).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } });
      expect((await nobody.get(`//tools/stepcast/assets/${script}`)).status).toBe(200);
    } finally {
      await app.close();
    }
  });

  it('says what to do where it is not built', async () => {
    const { app, nobody } = await start('express');
    try {
      app.get(DashboardFiles).folder = new URL('nowhere/', folder);
      for (const path of ['//', `//assets/${script}`]) expect(await nobody.get(path)).toMatchObject({ status: 404, json: { code: 'not_found', detail: expect.stringContaining('npm run build') } });
    } finally {
      await app.close();
    }
  });
});
