import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { isGone, onClosed } from './response.close.js';

describe('the end of a response', () => {
  let server: Server;
  let client: Socket;
  /** The answers to two requests that were sent at once: the second waits for the end of the first. */
  let responses: [ServerResponse, ServerResponse];
  const told = jest.fn<(which: number) => void>();
  const [first, second] = [() => told(1), () => told(2)];
  const closed = (response: ServerResponse) => new Promise((resolve) => response.req.socket.once('close', resolve));

  beforeEach(async () => {
    told.mockReset();
    server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const seen: ServerResponse[] = [];
    const both = new Promise<void>((resolve) => server.on('request', (_request, response) => seen.push(response) === 2 && resolve()));
    client = connect((server.address() as AddressInfo).port, '127.0.0.1', () => client.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(2))).resume();
    await both;
    responses = seen as [ServerResponse, ServerResponse];
    onClosed(responses[0], first);
    onClosed(responses[1], second);
  });
  afterEach(async () => {
    client.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  it('is told when the client leaves, to one that waits for its turn too', async () => {
    expect(responses.map((response) => [response.socket !== null, isGone(response)])).toEqual([[true, false], [false, false]]);
    const gone = closed(responses[0]);
    client.destroy();
    await gone;
    expect(new Set(told.mock.calls.flat())).toEqual(new Set([1, 2]));
    expect(responses.map(isGone)).toEqual([true, true]);
  });

  it('is told when the response has ended, and leaves nothing on the connection', async () => {
    const { socket } = responses[0].req;
    const before = socket.listenerCount('close');
    for (const response of responses) {
      const over = new Promise((resolve) => response.once('close', resolve));
      response.end();
      await over;
    }
    expect(new Set(told.mock.calls.flat())).toEqual(new Set([1, 2]));
    expect(socket.listenerCount('close')).toBeLessThan(before);
  });
});
