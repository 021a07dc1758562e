import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { pinoHttp } from 'pino-http';
import { loggerOptions } from './logging.js';

type Line = Record<string, unknown> & { level: number; req?: Record<string, unknown> };

/** The lines that are logged while `use` speaks to a server that answers `status`. */
async function logged(status: number, use: (base: string) => Promise<unknown>): Promise<Line[]> {
  const lines: Line[] = [];
  const sink = new Writable({ write: (text: Buffer, _encoding, done) => { lines.push(JSON.parse(text.toString()) as Line); done(); } });
  const log = pinoHttp<IncomingMessage, ServerResponse>({ ...loggerOptions(), stream: sink });
  const server = http.createServer((request, response) => {
    log(request, response);
    response.statusCode = status;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await new Promise((resolve) => server.close(resolve));
  return lines;
}

describe('the log', () => {
  it.each([[200, undefined], [404, 30], [500, 50], [503, 40]])('of a request that was answered %d has level %p', async (status, level) => {
    const lines = await logged(status, (base) => fetch(`${base}/api/v1/executions/e1/stream?from=latest`));
    expect(lines.map((line) => line.level)).toEqual(level === undefined ? [] : [level]);
    if (level !== undefined) {
      expect(lines[0]).toMatchObject({ req: { method: 'GET', url: '/api/v1/executions/e1/stream?from=latest', executionId: 'e1' }, res: { statusCode: status } });
      expect(Object.keys(lines[0]?.req ?? {}).sort()).toEqual(['executionId', 'id', 'method', 'url']);
    }
  });

  it('names no execution where a request is about none', async () => {
    const [line] = await logged(404, (base) => fetch(`${base}/api/v1/workflows`));
    expect(line?.req).not.toHaveProperty('executionId');
  });

  it('never tells a credential: not in a header, not as the ticket in a URL', async () => {
    const headers = { authorization: 'Bearer secret-1', 'x-api-key': 'secret-2', cookie: 'session=secret-3' };
    const lines = await logged(401, (base) => fetch(`${base}/api/v1/stream?ticket=secret-4&from=latest&ticket=secret-5`, { headers }));
    expect(JSON.stringify(lines)).not.toContain('secret');
    expect(lines[0]?.req?.['url']).toBe('/api/v1/stream?ticket=…&from=latest&ticket=…');
  });

  it.each(['%74icket=', 'ti%63ket=', 'ticket[]=', 'ticket[0]=', 'ticket%5B%5D=', 'Ticket=', '%ticket=', '%zz='])('knows the ticket in a URL as %s too', async (name) => {
    const [line] = await logged(401, (base) => fetch(`${base}/api/v1/stream?from=latest&${name}secret`));
    expect(line?.req?.['url']).toMatch(/^\/api\/v1\/stream\?from=latest&.*=…$/);
    expect(JSON.stringify(line)).not.toContain('secret');
  });

  it('names each request, by the id it came with where that is one, and tells the answer', async () => {
    const told: (string | null)[] = [];
    const lines = await logged(404, async (base) => {
      for (const id of ['proxy-1:a_b.c', 'x'.repeat(101), 'a b']) told.push((await fetch(base, { headers: { 'x-request-id': id } })).headers.get('x-request-id'));
    });
    expect(told).toEqual(['proxy-1:a_b.c', expect.stringMatching(/^[0-9a-f-]{36}$/), expect.stringMatching(/^[0-9a-f-]{36}$/)]);
    expect(lines.map((line) => line.req?.['id'])).toEqual(told);
  });

  it('stays a line of JSON that tells no secret and moves no cursor, whatever is told in it', () => {
    const lines: string[] = [];
    const { hooks } = loggerOptions() as { hooks: object };
    const log = pino({ hooks }, new Writable({ write: (text: Buffer, _encoding, done) => { lines.push(text.toString()); done(); } }));
    const hostile = 'a\r\n{"level":30}\u2028b\u0085c\u001b[2J\u009b2J\u202ed\u0000\ud800';
    const error = Object.assign(new Error(`${hostile} Bearer 0123456789abc`), { apiKey: '0123456789abc', cause: new Error('sk-0123456789abcdef') });
    log.error({ err: error, [hostile]: 'tkt_0123456789abcdef' }, hostile);
    const [line = ''] = lines;
    expect(lines).toHaveLength(1);
    expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\u2028\u202e]/u);
    expect(line).not.toContain('0123456789abc');
    expect(JSON.parse(line)).toMatchObject({ msg: hostile, [hostile]: '[redacted]' });
  });

  it('leaves out what Nest tells of its set-up, but no warning of it', () => {
    const lines: string[] = [];
    const { level, hooks } = loggerOptions() as { level: string; hooks: object };
    const log = pino({ level, hooks }, new Writable({ write: (text: Buffer, _encoding, done) => { lines.push((JSON.parse(text.toString()) as { msg: string }).msg); done(); } }));
    log.info({ context: 'RoutesResolver' }, 'route');
    log.warn({ context: 'RoutesResolver' }, 'odd route');
    log.info({ context: 'RecoveryService' }, 'going on');
    log.info('plain');
    expect(lines).toEqual(['odd route', 'going on', 'plain']);
  });
});
