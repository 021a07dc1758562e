import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Subject } from 'rxjs';
import { MetricsRegistry } from '../../metrics/metrics.registry.js';
import { StreamMetrics } from '../../metrics/stream.metrics.js';
import { StreamingOptions } from '../streaming.options.js';
import { bytesOf, cursorChunk, viewOf } from './frames.js';
import { idleSocketOf } from './idle.socket.js';
import { StreamConnection } from './stream.connection.js';

describe('the socket of a response, for chunks that are framed already', () => {
  let server: Server;
  let client: Socket;
  let received: string;
  const responses: ServerResponse[] = [];
  const request = async (head: string) => {
    const { port } = server.address() as AddressInfo;
    received = '';
    responses.length = 0;
    const answered = new Promise<ServerResponse>((resolve) => server.once('request', (_request: IncomingMessage, response: ServerResponse) => resolve(response)));
    client = connect(port, '127.0.0.1', () => client.write(head)).setEncoding('latin1').on('data', (text: string) => (received += text));
    const response = await answered;
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    return response;
  };
  const GET = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n';
  const CLOSING = 'GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';
  const ended = () => new Promise((resolve) => client.once('end', resolve));
  const body = () => received.slice(received.indexOf('\r\n\r\n') + 4);
  /** Streams two chunks to the response, with one by its own `write` between them. */
  const stream = async (response: ServerResponse) => {
    const source = new Subject<ReturnType<typeof cursorChunk>>();
    new StreamConnection(response, { start: { at: 'first' }, view: viewOf(true), heartbeat: 'comment' }, new StreamingOptions(), new StreamMetrics(new MetricsRegistry())).open(source);
    source.next(cursorChunk('1'));
    response.write(': between\n\n');
    source.next(cursorChunk('2'));
    source.next({ ...bytesOf(''), cursor: '3', told: true });
    source.complete();
    await ended();
  };

  beforeEach(async () => {
    server = createServer((_request, response) => void responses.push(response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    client.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('is there once all before is out, and not for what would fill it', async () => {
    const response = await request(GET);
    await new Promise((resolve) => response.write(': begin\n\n', resolve));
    expect(idleSocketOf(response, 100)).toBe(response.socket);
    expect(idleSocketOf(response, response.writableHighWaterMark)).toBeUndefined();
    response.cork();
    response.write('waits');
    expect(idleSocketOf(response, 100)).toBeUndefined();
    response.uncork();
  });

  it('is not there for a response that a middleware has wrapped', async () => {
    const response = await request(GET);
    await new Promise((resolve) => response.write(': begin\n\n', resolve));
    const { write } = response;
    response.write = ((bytes: Buffer) => write.call(response, bytes, 'utf8')) as typeof write;
    expect(idleSocketOf(response, 100)).toBeUndefined();
  });

  it('is not there for a response that waits for its turn on the connection, nor once the connection is gone', async () => {
    const response = await request(GET + GET);
    await new Promise((resolve) => response.write(': begin\n\n', resolve));
    expect(responses).toHaveLength(2);
    expect(idleSocketOf(responses[1] as ServerResponse, 100)).toBeUndefined();
    response.socket?.destroy();
    expect(idleSocketOf(response, 100)).toBeUndefined();
  });

  it('gets the same bytes, in the same order, as the response would have written', async () => {
    await stream(await request(CLOSING));
    expect(body()).toBe('7\r\nid: 1\n\n\r\nb\r\n: between\n\n\r\n7\r\nid: 2\n\n\r\n0\r\n\r\n');
  });

  it('gets no chunks where HTTP/1.0 has none', async () => {
    await stream(await request('GET / HTTP/1.0\r\n\r\n'));
    expect(body()).toBe('id: 1\n\n: between\n\nid: 2\n\n');
  });

  it('gets what a middleware makes of it, which sees every byte', async () => {
    const response = await request(CLOSING);
    const { write } = response;
    response.write = ((bytes: Buffer | string) => write.call(response, bytes.toString().toUpperCase(), 'utf8')) as typeof response.write;
    await stream(response);
    expect(body()).toBe('7\r\nID: 1\n\n\r\nb\r\n: BETWEEN\n\n\r\n7\r\nID: 2\n\n\r\n0\r\n\r\n');
  });
});
