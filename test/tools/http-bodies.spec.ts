import { randomBytes } from 'node:crypto';
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ToolsApp } from './support/tools.app.js';
import { Web } from './support/web.js';

const MIB = 1024 * 1024;

let tools: ToolsApp;
let web: Web;
beforeAll(async () => {
  web = await Web.start();
  tools = await ToolsApp.start({ allowedHosts: ['127.0.0.1'] });
});
afterAll(async () => {
  await tools.close();
  await web.close();
});

const json = Buffer.from(JSON.stringify({ words: 'so many words '.repeat(500) }));
const zeros = Buffer.alloc(16 * MIB);
const type = { 'content-type': 'application/json' };

describe('the body of an answer over the wire', () => {
  it.each<[string, Buffer]>([
    ['gzip', gzipSync(json)], ['x-gzip', gzipSync(json)], ['GZIP', gzipSync(json)], ['br', brotliCompressSync(json)], ['deflate', deflateSync(json)], ['deflate', deflateRawSync(json)],
    ['gzip, br', brotliCompressSync(gzipSync(json))], ['identity', json],
  ])('is decoded from %s', async (coding, bytes) => {
    web.serves('/', bytes, { ...type, 'content-encoding': coding, 'content-length': bytes.length });
    const output = await tools.http({ url: web.url() });
    expect(output).toMatchObject({ encoding: 'json', body: JSON.parse(json.toString()) });
    expect(web.visits.at(-1)?.headers['accept-encoding']).toBe('gzip, deflate, br');
    // They spoke of what was on the wire.
    expect(Object.keys(output.headers)).not.toEqual(expect.arrayContaining(['content-encoding']));
    expect(Object.keys(output.headers)).not.toEqual(expect.arrayContaining(['content-length']));
  });

  it('is left as it is in a coding that the step asks for and the agent does not know', async () => {
    web.serves('/', 'abc', { ...type, 'content-encoding': 'zstd' });
    expect(await tools.http({ url: web.url(), headers: { 'accept-encoding': 'zstd' } })).toMatchObject({ body: 'YWJj', encoding: 'base64', headers: { 'content-encoding': 'zstd' } });
    expect(web.visits.at(-1)?.headers['accept-encoding']).toBe('zstd');
  });

  it('is nothing where there is a coding and no body', async () => {
    for (const status of [200, 204]) {
      web.serves('/', '', { ...type, 'content-encoding': 'gzip' }, status);
      expect(await tools.http({ url: web.url() })).toMatchObject({ status, body: null, encoding: 'none' });
    }
    web.serves('/', gzipSync(json), { ...type, 'content-encoding': 'gzip' });
    expect(await tools.http({ method: 'HEAD', url: web.url() })).toMatchObject({ status: 200, body: null, encoding: 'none' });
  });

  it.each<[string, Buffer]>([['cut short', gzipSync(json).subarray(0, 40)], ['something else', Buffer.from('no gzip at all')]])('fails the step where it is %s', async (_what, bytes) => {
    web.serves('/', bytes, { ...type, 'content-encoding': 'gzip' });
    expect(await tools.httpError({ url: web.url() })).toMatchObject({ code: 'http_failed', retryable: true });
  });

  it('fails the step where it is encoded over and over', async () => {
    web.serves('/', 'x', { 'content-encoding': 'gzip, gzip, gzip, gzip' });
    expect(await tools.httpError({ url: web.url() })).toMatchObject({ code: 'http_failed', message: 'the answer is encoded 4 times over', retryable: false });
  });

  it('has 1 MiB at most, and not a byte more', async () => {
    web.on('/', (response, { path }) => response.writeHead(200, { 'content-type': 'text/plain' }).end('x'.repeat(Number(path.slice(2)))));
    expect((await tools.http({ url: web.url(`/?${MIB}`) })).body).toHaveLength(MIB);
    expect(await tools.httpError({ url: web.url(`/?${MIB + 1}`) })).toMatchObject({ code: 'http_failed', message: `the answer has more than ${MIB} bytes; ask for less, or raise maxBytes of the step`, retryable: false });
  });

  it('has what the step says at most', async () => {
    web.serves('/', 'x'.repeat(MIB + 1), { 'content-type': 'text/plain' });
    expect((await tools.http({ url: web.url(), maxBytes: 2 * MIB })).body).toHaveLength(MIB + 1);
    web.serves('/', 'x'.repeat(11));
    expect(await tools.httpError({ url: web.url(), maxBytes: 10 })).toMatchObject({ code: 'http_failed', message: expect.stringMatching(/more than 10 bytes/) });
  });

  it.each<[string, Buffer]>([['gzip', gzipSync(zeros)], ['br', brotliCompressSync(zeros, { params: { [constants.BROTLI_PARAM_QUALITY]: 2 } })], ['gzip, gzip', gzipSync(gzipSync(zeros))]])('is bounded as it is decoded: a bomb in %s is let go of', async (coding, bytes) => {
    expect(bytes.length).toBeLessThan(MIB / 4);
    web.serves('/', bytes, { ...type, 'content-encoding': coding });
    expect(await tools.httpError({ url: web.url() })).toMatchObject({ code: 'http_failed', message: expect.stringMatching(/more than 1048576 bytes/), retryable: false });
  });

  it('is bounded on the wire too: what never ends is let go of, whatever it decodes to', async () => {
    // A gzip header whose file name never ends decodes to nothing at all.
    const head = Buffer.from([0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3]);
    web.on('/', (response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).write(head);
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, 'a')));
      };
      response.on('drain', more);
      more();
    });
    expect(await tools.httpError({ url: web.url() })).toMatchObject({ code: 'http_failed', message: expect.stringMatching(/more than 1048576 bytes/) });
  });

  it('is base64 where it is no text', async () => {
    const bytes = randomBytes(1000);
    web.serves('/', bytes, { 'content-type': 'image/png' });
    expect(await tools.http({ url: web.url() })).toMatchObject({ body: bytes.toString('base64'), encoding: 'base64', headers: { 'content-type': 'image/png' } });
  });
});
