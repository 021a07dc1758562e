import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { replaceHead } from './response.head.js';

const TEXT = { 'Content-Type': 'text/plain; charset=utf-8' };
const STREAM = { 'Content-Type': 'text/event-stream', Connection: 'close' };

describe('the head of a stream', () => {
  let server: Server;
  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  const answer = async (respond: (response: ServerResponse) => void) => {
    server.once('request', (_request, response) => respond(response));
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    return { type: response.headers.get('content-type'), more: response.headers.get('x-more'), text: await response.text() };
  };
  /** As Nest does it. */
  const stream = (response: ServerResponse) => {
    response.writeHead(200, STREAM);
    response.flushHeaders();
    response.write('\n');
    response.end('body');
  };

  it('has other headers, and what stands behind it stays', async () => {
    expect(await answer((response) => {
      replaceHead(response, { 'X-More': 'yes' });
      stream(response);
    })).toEqual({ type: 'text/event-stream', more: 'yes', text: '\nbody' });
  });

  it('has another type, and then nothing behind it that is not of the body', async () => {
    expect(await answer((response) => {
      replaceHead(response, TEXT);
      stream(response);
      expect([Object.hasOwn(response, 'write'), Object.hasOwn(response, 'writeHead')]).toEqual([false, false]);
    })).toEqual({ type: TEXT['Content-Type'], more: null, text: 'body' });
  });

  it('stays as it is where something else is answered', async () => {
    expect(await answer((response) => {
      replaceHead(response, TEXT);
      response.writeHead(409, { 'Content-Type': 'application/problem+json', Connection: 'close' });
      response.end('{}');
    })).toMatchObject({ type: 'application/problem+json', text: '{}' });
  });

  it('leaves a middleware that has wrapped the response in its place', async () => {
    expect(await answer((response) => {
      const { write } = response;
      const wrapped = ((chunk: string) => write.call(response, chunk.toUpperCase(), 'utf8')) as ServerResponse['write'];
      response.write = wrapped;
      replaceHead(response, TEXT);
      response.writeHead(200, STREAM);
      response.write('\n');
      expect(response.write).toBe(wrapped);
      response.write('body');
      response.end();
    })).toMatchObject({ text: 'BODY' });
  });
});
