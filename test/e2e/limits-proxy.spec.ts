/** Which address a request counts by where nobody is authenticated: that of the connection, unless proxies are named. */
import { type AddressInfo } from 'node:net';
import { type INestApplication } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { PinoLogger } from 'nestjs-pino';
import { afterEach, describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../src/config.js';
import { createService } from '../../src/service.js';
import { StreamingModule } from '../../src/streaming/streaming.module.js';
import { Client } from '../support/client.js';

const LIMIT = 2;

let app: INestApplication;
afterEach(() => app.close());

const startService = async (trustProxy: string) => {
  app = await createService(loadConfig({ STEPCAST_DATA_DIR: ':memory:', STEPCAST_API_KEYS: 'ann:key', STEPCAST_RATE_LIMIT: `${LIMIT}/3600`, STEPCAST_TRUST_PROXY: trustProxy }));
  app.useLogger(false);
  await app.listen(0, '127.0.0.1');
  PinoLogger.root.level = 'silent';
};
/** The status of a guess that says it comes this way. */
const guess = async (forwardedFor?: string) => {
  const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
  const headers: Record<string, string> = { 'x-api-key': 'guess', ...(forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor }) };
  return (await new Client(`http://127.0.0.1:${port}`, undefined).get('/workflows', headers)).status;
};
const guesses = async (...ways: (string | undefined)[]) => {
  const statuses: number[] = [];
  for (const way of ways) statuses.push(await guess(way));
  return statuses;
};

describe('X-Forwarded-For', () => {
  it('is not believed by default: who makes addresses up counts as one', async () => {
    await startService('');
    expect(await guesses('192.0.2.1', '192.0.2.2', '192.0.2.3', undefined)).toEqual([401, 401, 429, 429]);
  });

  it('is believed as far as there are proxies: with one, what it added, and not what the client sent', async () => {
    await startService('1');
    expect(await guesses('192.0.2.1', '192.0.2.2', '192.0.2.1')).toEqual([401, 401, 401]);
    // The client writes what it likes before what the proxy adds.
    expect(await guesses('198.51.100.1, 192.0.2.1', '198.51.100.2, 192.0.2.1')).toEqual([429, 429]);
    expect(await guesses('192.0.2.2', '192.0.2.2')).toEqual([401, 429]);
  });

  it('is believed from the proxies that are named, and from no others', async () => {
    await startService('loopback, 10.0.0.0/8');
    expect(await guesses('192.0.2.1, 10.1.2.3', '192.0.2.1', '192.0.2.1, 10.9.9.9')).toEqual([401, 401, 429]);
    expect(await guesses('192.0.2.1, 203.0.113.9', '192.0.2.7, 203.0.113.9', '203.0.113.9')).toEqual([401, 401, 429]);
  });

  it('counts IPv6 addresses by their network, and what is no address as one', async () => {
    await startService('1');
    expect(await guesses('2001:db8::1', '2001:db8::2:3:4', '2001:DB8:0:0:ffff::')).toEqual([401, 401, 429]);
    expect(await guesses('2001:db8:0:1::1', '::ffff:192.0.2.1', '192.0.2.1', '::ffff:c000:201')).toEqual([401, 401, 401, 429]);
    expect(await guesses('unknown', '_hidden', 'anything')).toEqual([401, 401, 429]);
  });

  it('is believed on Fastify as the app has told its adapter', async () => {
    const module = await Test.createTestingModule({
      imports: [StreamingModule.forRoot({ dataDir: ':memory:', apiKeys: [{ user: 'ann', key: 'key' }], rateLimit: { points: LIMIT, seconds: 3600 } })],
    }).compile();
    app = module.createNestApplication(new FastifyAdapter({ trustProxy: ['127.0.0.1', '10.0.0.0/8'] }));
    app.useLogger(false);
    await app.listen(0, '127.0.0.1');
    expect(await guesses('192.0.2.1', '198.51.100.1, 192.0.2.1', '192.0.2.1, 10.1.2.3', '192.0.2.2')).toEqual([401, 401, 429, 401]);
  });
});
