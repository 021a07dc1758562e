import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { within } from '../../test/support/patience.js';
import { backoffMs, type Connection, ExecutionStream, SseParser, type SseMessage, type StreamOptions } from './stream.js';

describe('the parser of the page', () => {
  const message = (text: string): SseMessage[] => new SseParser().push(text);

  it('reads frames of the service, heartbeats and mere cursors', () => {
    const parser = new SseParser();
    expect(parser.push('event: step_started\nid: 4\ndata: {"seq":4}\n\n: heartbeat\n\nid: 6\n\n')).toEqual([{ type: 'step_started', data: '{"seq":4}', id: '4' }]);
    expect(parser.lastEventId).toBe('6');
    expect(message('data:one\ndata: two\ndata\n\n')).toEqual([{ type: 'message', data: 'one\ntwo\n', id: '' }]);
  });

  it('takes no id over from a block that is cut', () => {
    const parser = new SseParser();
    parser.push('id: 1\ndata: a\n\nid: 2\ndata: b\n');
    expect(parser.lastEventId).toBe('1');
  });

  it('gives the same as another parser, whatever the line breaks and the cuts', () => {
    const line = fc.constantFrom('data: a', 'data:b', 'data', 'event: x', 'event:', 'id: 7', 'id', 'id: n\0', ': comment', 'retry: 3', 'unknown: y', '', '', '');
    const text = fc.array(fc.tuple(line, fc.constantFrom('\n', '\r', '\r\n')), { maxLength: 30 }).map((lines) => lines.map((parts) => parts.join('')).join(''));
    fc.assert(
      fc.property(text, fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 10 }), (whole, sizes) => {
        const expected: { type: string; data: string }[] = [];
        const other = createParser({ onEvent: ({ event, data }) => expected.push({ type: event ?? 'message', data }) });
        other.feed(whole);
        const parser = new SseParser();
        const found: SseMessage[] = [];
        for (let at = 0, i = 0; at < whole.length; i++) {
          const size = sizes[i % sizes.length] as number;
          found.push(...parser.push(whole.slice(at, at + size)));
          at += size;
        }
        expect(found.map(({ type, data }) => ({ type, data }))).toEqual(expected);
        expect(found).toEqual(message(whole));
      }),
      { numRuns: 500 },
    );
  });
});

describe('the stream of the page', () => {
  type Turn = (request: IncomingMessage, response: ServerResponse) => void;
  let server: Server;
  let turns: Turn[];
  /** What comes after the turns. */
  let otherwise: Turn;
  let cursors: (string | undefined)[];
  let stream: ExecutionStream | undefined;

  beforeEach(async () => {
    turns = [];
    otherwise = (_request, response) => response.writeHead(500).end();
    cursors = [];
    server = createServer((request, response) => {
      cursors.push(request.headers['last-event-id'] as string | undefined);
      (turns.shift() ?? otherwise)(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    stream?.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const frame = (seq: number, type = 'step_progress') => `event: ${type}\nid: ${seq}\ndata: {"seq":${seq},"type":"${type}"}\n\n`;
  const END = frame(5, 'workflow_completed');
  const HEARTBEAT = 'event: heartbeat\ndata: {"type":"heartbeat"}\n\n';
  const sends = (...parts: string[]): Turn => (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const part of parts) response.write(part);
  };
  const sendsAndCuts = (...parts: string[]): Turn => (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(parts.join(''), () => response.destroy());
  };
  const refuses = (status: number, headers: Record<string, string> = {}, body = ''): Turn => (_request, response) => {
    response.writeHead(status, headers).end(body);
  };
  const follow = async (options: Partial<StreamOptions> = {}): Promise<{ seqs: number[]; connections: Connection[] }> => {
    const seqs: number[] = [];
    const connections: Connection[] = [];
    stream = new ExecutionStream({
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/stream`, headers: { 'X-API-Key': 'key' },
      onEvent: ({ seq }) => seqs.push(seq), onConnection: (connection) => connections.push(connection), backoff: () => 0, ...options,
    });
    await within(stream.run(), 'the end of the stream');
    return { seqs, connections };
  };

  it('sees each event once and in order, whatever becomes of the line', async () => {
    turns = [
      sendsAndCuts(frame(1), frame(2), frame(3).slice(0, 20)),
      refuses(503, { 'retry-after': '0' }),
      (request) => request.socket.destroy(),
      sends(frame(2), frame(3), frame(5)),
      sendsAndCuts(frame(4)),
      sends(HEARTBEAT, END),
    ];
    const { seqs, connections } = await follow();
    expect(seqs).toEqual([1, 2, 3, 4, 5]);
    expect(cursors).toEqual([undefined, '2', '2', '2', '3', '4']);
    expect(connections.at(-1)).toEqual({ state: 'ended' });
  });

  it('asks for heartbeats, with its key in a header', async () => {
    let asked: IncomingMessage | undefined;
    turns = [(request, response) => { asked = request; sends(frame(1, 'workflow_cancelled'))(request, response); }];
    await follow();
    expect(asked?.url).toBe('/stream?heartbeat=event');
    expect(asked?.headers).toMatchObject({ 'x-api-key': 'key', accept: 'text/event-stream' });
  });

  it('leaves a line on which nothing comes any more, and goes on', async () => {
    // However late a slow machine makes the answers: a line that is left too early only adds one more.
    let mute = true;
    otherwise = (request, response) => {
      const after = Number(request.headers['last-event-id'] ?? 0);
      if (after === 0) sends(frame(1), frame(2))(request, response);
      else if (mute) mute = false;
      else sends(frame(3), frame(4), END)(request, response);
    };
    const { seqs } = await follow({ stallMs: 20 });
    expect(seqs).toEqual([1, 2, 3, 4, 5]);
    expect(cursors.filter((cursor) => cursor === '2').length).toBeGreaterThan(1);
  });

  it('has nothing to do where all has been read', async () => {
    turns = [refuses(204)];
    expect(await follow({ after: 5 })).toEqual({ seqs: [], connections: [{ state: 'connecting' }, { state: 'ended' }] });
    expect(cursors).toEqual(['5']);
  });

  it.each([400, 401, 404, 410])('does not try again after %d, and says why', async (status) => {
    turns = [refuses(status, { 'content-type': 'application/problem+json' }, '{"code":"gone","detail":"it is no more"}')];
    await expect(follow()).rejects.toMatchObject({ name: 'StreamRefused', status, code: 'gone', message: 'it is no more' });
    expect(cursors).toHaveLength(1);
  });

  it('waits as long as the service asks, unless it is told not to', async () => {
    turns = [refuses(429, { 'retry-after': '3600' }), sends(frame(1), frame(2), frame(3), frame(4), END)];
    const waits: number[] = [];
    const { seqs } = await follow({
      onConnection: (connection) => {
        if (connection.state !== 'waiting') return;
        waits.push(connection.delayMs);
        setImmediate(() => stream?.retryNow());
      },
    });
    expect(waits).toEqual([3_600_000]);
    expect(seqs).toHaveLength(5);
  });

  it('waits longer each time that nothing came, and anew after something did', async () => {
    turns = [refuses(500), refuses(500), sendsAndCuts(frame(1)), refuses(500), sends(frame(2), frame(3), frame(4), END)];
    const failures: number[] = [];
    await follow({ backoff: (failed) => { failures.push(failed); return 0; } });
    expect(failures).toEqual([0, 1, 0, 1]);
    expect([0, 1, 2, 3, 20].map((failed) => backoffMs(failed, 0))).toEqual([250, 500, 1000, 2000, 7500]);
    expect(backoffMs(20, 1)).toBe(15_000);
  });

  it('ends when it is closed', async () => {
    turns = [sends(frame(1))];
    const { seqs } = await follow({ onEvent: () => stream?.close() });
    expect(seqs).toEqual([]);
    expect(cursors).toHaveLength(1);
  });

  it('hides no fault of who reads it', async () => {
    turns = [sends(frame(1))];
    await expect(follow({ onEvent: () => { throw new Error('a fault'); } })).rejects.toThrow('a fault');
    expect(cursors).toHaveLength(1);
  });
});
