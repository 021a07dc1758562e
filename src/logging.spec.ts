import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { type Options, pinoHttp } from 'pino-http';
import { loggerOptions } from './logging.js';

type Line = Record<string, unknown> & { level: number; req?: Record<string, unknown> };

/** The lines that are logged while `use` speaks to a server that answers `status`. */
async function logged(status: number, use: (base: string) => Promise<unknown>): Promise<Line[]> {
  const lines: Line[] = [];
  const sink = new Writable({ write: (text: Buffer, _encoding, done) => { lines.push(JSON.parse(text.toString()) as Line); done(); } });
  const log = pinoHttp<IncomingMessage, ServerResponse>({ ...(loggerOptions().pinoHttp as Options), stream: sink });
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

  it('leaves out what Nest tells of its set-up, but no warning of it', () => {
    const lines: string[] = [];
    const { level, hooks } = loggerOptions().pinoHttp as { level: string; hooks: object };
    const log = pino({ level, hooks }, new Writable({ write: (text: Buffer, _encoding, done) => { lines.push((JSON.parse(text.toString()) as { msg: string }).msg); done(); } }));
    log.info({ context: 'RoutesResolver' }, 'route');
    log.warn({ context: 'RoutesResolver' }, 'odd route');
    log.info({ context: 'RecoveryService' }, 'going on');
    log.info('plain');
    expect(lines).toEqual(['odd route', 'going on', 'plain']);
  });
});
