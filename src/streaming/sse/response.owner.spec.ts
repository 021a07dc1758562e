import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { type ExecutionContext, SSE_ABORT_CONTROLLER } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { forgetHandling, OwnResponseGuard } from './response.owner.js';

describe('a response that is taken out of the hands of Nest', () => {
  let server: Server;
  let url: string;
  beforeEach(async () => {
    server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  it.each([['Express', (raw: ServerResponse) => raw], ['Fastify', (raw: ServerResponse) => ({ raw })]])('is neither written nor ended by what is piped into it (%s)', async (_, responseOf) => {
    server.once('request', (_request, raw) => {
      const context = { switchToHttp: () => ({ getRequest: () => ({}), getResponse: () => responseOf(raw) }) } as unknown as ExecutionContext;
      expect(new OwnResponseGuard().canActivate(context)).toBe(true);
      const nests = new PassThrough();
      nests.pipe(raw);
      nests.once('close', () => {
        expect(raw.writableEnded).toBe(false);
        raw.end('ours');
      });
      nests.end("Nest's");
    });
    expect(await (await fetch(url)).text()).toBe('ours');
  });

  it('leaves a request of which the handling is forgotten', () => {
    const controller = new AbortController();
    const raw = { [SSE_ABORT_CONTROLLER]: controller };
    const request = { method: 'GET', headers: {}, params: { id: 'e' }, query: {}, next: () => undefined, raw, [SSE_ABORT_CONTROLLER]: controller };
    forgetHandling(request);
    expect(request).toMatchObject({ method: 'GET', params: { id: 'e' }, next: undefined, [SSE_ABORT_CONTROLLER]: undefined });
    expect(raw[SSE_ABORT_CONTROLLER]).toBeUndefined();
  });
});
