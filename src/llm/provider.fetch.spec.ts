import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ANSWER_LIMITS, providerFetch } from './provider.fetch.js';

const MIB = 1024 * 1024;
const MODEL_FAILED = { code: 'model_failed', options: { retryable: false } };

let server: Server;
let answer: (response: ServerResponse) => void;
beforeEach(async () => {
  server = createServer((_request, response) => answer(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const ask = (init?: RequestInit) => providerFetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, init);
/** Sends a text again and again, until it is `bytes` long or nobody takes it any more. */
const repeats = (text: string, bytes: number, status = 200) => (response: ServerResponse) => {
  let left = Math.ceil(bytes / text.length);
  const more = () => {
    while (left > 0 && !response.destroyed) {
      left--;
      if (!response.write(text)) return;
    }
    response.end();
  };
  response.writeHead(status, { 'content-type': 'text/event-stream' }).on('drain', more);
  more();
};
const lengthOf = async (response: Response): Promise<number> => {
  let length = 0;
  for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) length += part.length;
  return length;
};

describe('an answer of a provider', () => {
  it('comes as it is: status, headers and body, and none where there is none', async () => {
    answer = (response) => response.writeHead(201, { 'x-own': 'yes' }).end('data: 1\n\n');
    const response = await ask();
    expect([response.status, response.headers.get('x-own'), await response.text()]).toEqual([201, 'yes', 'data: 1\n\n']);
    answer = (none) => none.writeHead(204).end();
    expect([(await ask()).status, (await ask()).body]).toEqual([204, null]);
  });

  it.each([['LF', '\n'], ['CRLF', '\r\n'], ['CR', '\r']])('may be of any length in events, and not in one: lines end with %s', async (_name, end) => {
    const piece = 'x'.repeat(60_000);
    answer = repeats(`data: ${piece}${end}data: ${piece}${end}${end}`, ANSWER_LIMITS.event + MIB);
    expect(await lengthOf(await ask())).toBeGreaterThan(ANSWER_LIMITS.event);
    answer = repeats(`data: ${piece}${end}`, ANSWER_LIMITS.event + MIB);
    await expect(lengthOf(await ask())).rejects.toMatchObject({ ...MODEL_FAILED, message: expect.stringContaining('one event') });
  });

  it('is told from one without an end wherever the pieces are cut', async () => {
    const event = 'data: a\r\n\r\n';
    for (let at = 0; at < event.length; at++) {
      answer = (response) => {
        response.write(event.slice(0, at));
        setImmediate(() => response.end(event.slice(at)));
      };
      expect(await (await ask()).text()).toBe(event);
    }
  });

  it('that is a refusal is read up to a bound', async () => {
    answer = repeats('x\n\n', ANSWER_LIMITS.refusal - 10, 500);
    expect(await lengthOf(await ask())).toBeGreaterThan(ANSWER_LIMITS.refusal - 20);
    answer = repeats('x\n\n', ANSWER_LIMITS.refusal + 10, 429);
    await expect(lengthOf(await ask())).rejects.toMatchObject({ ...MODEL_FAILED, message: expect.stringContaining('one refusal') });
  });

  it('that leads elsewhere is not followed', async () => {
    answer = (response) => response.writeHead(308, { location: '/other' }).end('gone there');
    await expect(ask({ method: 'POST', body: 'x' })).rejects.toMatchObject({ ...MODEL_FAILED, message: expect.stringContaining('redirect (308)') });
  });

  it('is let go of with the reason of its signal', async () => {
    answer = (response) => void response.writeHead(200).write('data: 1\n\n');
    const controller = new AbortController();
    const response = await ask({ signal: controller.signal });
    const reading = lengthOf(response);
    const reason = new Error('cancelled');
    controller.abort(reason);
    await expect(reading).rejects.toBe(reason);
  });
});
