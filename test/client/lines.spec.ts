/** What a line can do to a reader: the client hands on each event once and in order all the same (P1, P3). */
import { type IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Connection, type ExecutionEvent, StepcastClient } from '../../src/client/index.js';
import { type ClientOptions } from '../../src/client/client.options.js';
import { type StreamOptions } from '../../src/client/execution.stream.js';
import { within } from '../support/patience.js';
import { answers, eventOf, frame, refuses, ScriptServer, sends, sendsAndCuts, type Turn } from './support/script.server.js';

let server: ScriptServer;
beforeEach(async () => {
  server = await ScriptServer.start();
});
afterEach(() => server.close());

/** Draws no waits: reconnects come at once. */
const clientOf = (options: ClientOptions = {}) => new StepcastClient({ baseUrl: server.base, auth: { apiKey: 'key' }, random: () => 0, ...options });
const END = frame(5, 'workflow_completed');

async function read(options: StreamOptions = {}, client: ClientOptions = {}): Promise<{ seqs: number[]; connections: Connection[] }> {
  const seqs: number[] = [];
  const connections: Connection[] = [];
  const reading = (async () => {
    for await (const { seq } of clientOf(client).stream('e', { onConnection: (connection) => connections.push(connection), ...options })) seqs.push(seq);
  })();
  await within(reading, 'the end of the stream');
  return { seqs, connections };
}

describe('a line', () => {
  it('that is cut, refused, doubled, or leaves something out, costs no event and doubles none', async () => {
    server.turns = [
      sendsAndCuts(frame(1), frame(2), frame(3).slice(0, 20)),
      refuses(503, { 'retry-after': '0' }),
      (request) => request.socket.destroy(),
      sends(frame(2), frame(3), frame(5)),
      sendsAndCuts('id: 4\ndata: {"seq":4, brok\n\n'),
      sendsAndCuts(frame(4)),
      sends(': heartbeat\n\n', END),
    ];
    const { seqs, connections } = await read();
    expect(seqs).toEqual([1, 2, 3, 4, 5]);
    expect(server.cursors).toEqual(['0', '2', '2', '2', '3', '3', '4']);
    expect(connections.at(-1)).toEqual({ state: 'ended' });
    expect(server.requests[0]?.headers).toMatchObject({ 'x-api-key': 'key', accept: 'text/event-stream' });
  });

  it('on which nothing comes any more is left, and the next one goes on', async () => {
    // However late a slow machine makes the answers: a line that is left too early only adds one more.
    let isMute = true;
    server.otherwise = (request, response) => {
      const after = Number(request.headers['last-event-id']);
      if (after === 0) sends(frame(1), frame(2))(request, response);
      else if (isMute) isMute = false;
      else sends(frame(3), frame(4), END)(request, response);
    };
    const { seqs, connections } = await read({}, { stallMs: 20 });
    expect(seqs).toEqual([1, 2, 3, 4, 5]);
    expect(server.cursors.filter((cursor) => cursor === '2').length).toBeGreaterThan(1);
    expect(connections.find((connection) => connection.state === 'waiting')).toMatchObject({ error: { message: expect.stringContaining('nothing has come for 20 ms') } });
  });

  it('is not judged while it is the reader that takes its time', async () => {
    server.otherwise = sends(frame(1), frame(2), frame(3), frame(4), END);
    const seqs: number[] = [];
    const reading = (async () => {
      for await (const { seq } of clientOf({ stallMs: 1 }).stream('e')) {
        seqs.push(seq);
        // Longer than any stall, each time: a turn of the clock is enough for a limit of 1 ms.
        const since = Date.now();
        while (Date.now() - since < 3) await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    await within(reading, 'the end of the stream');
    expect(seqs).toEqual([1, 2, 3, 4, 5]);
  });

  it('has nothing to bring where all has been read', async () => {
    server.turns = [refuses(204)];
    expect(await read({ after: 5 })).toEqual({ seqs: [], connections: [{ state: 'connecting' }, { state: 'ended' }] });
    expect(server.cursors).toEqual(['5']);
  });

  it.each([400, 403, 404, 410])('that is refused with %d is not tried again, and the refusal is thrown', async (status) => {
    server.turns = [refuses(status, { 'content-type': 'application/problem+json' }, '{"code":"gone","detail":"it is no more"}')];
    await expect(read()).rejects.toMatchObject({ name: 'RequestError', status, code: 'gone', message: 'it is no more', isTransient: false });
    expect(server.requests).toHaveLength(1);
  });

  it('is waited for as long as the service asks, drawn below a bound that doubles otherwise, and anew after an event', async () => {
    server.turns = [refuses(500), refuses(500), sendsAndCuts(frame(1)), refuses(429, { 'retry-after': '1' }), sends(frame(2), frame(3), frame(4), END)];
    const { connections } = await read({}, { random: () => 0.5, reconnect: { delayMs: 2 } });
    expect(connections.flatMap((connection) => (connection.state === 'waiting' ? [connection.delayMs] : []))).toEqual([1, 2, 1, 1000]);
  });

  it('is closed with the loop that reads it, and with its signal', async () => {
    let closed = 0;
    server.otherwise = (request, response) => {
      response.on('close', () => closed++);
      sends(frame(1))(request, response);
    };
    for await (const { seq } of clientOf().stream('e')) {
      expect(seq).toBe(1);
      break;
    }
    const aborter = new AbortController();
    const reading = (async () => {
      for await (const event of clientOf().stream('e', { signal: aborter.signal })) aborter.abort(new Error(`enough at ${event.seq}`));
    })();
    await expect(within(reading, 'the end of the stream')).rejects.toThrow('enough at 1');
    const stream = clientOf().stream('e');
    for await (const event of stream) if (event.seq === 1) stream.close();
    await within((async () => { while (closed < 3) await new Promise((resolve) => setImmediate(resolve)); })(), 'three closed lines');
    expect(server.requests).toHaveLength(3);
  });

  it('hides no fault of who reads it, nor of who is told of the connection', async () => {
    server.otherwise = sends(frame(1));
    const reading = async () => {
      for await (const event of clientOf().stream('e')) throw new Error(`a fault at ${event.seq}`);
    };
    await expect(reading()).rejects.toThrow('a fault at 1');
    const onConnection = ({ state }: Connection) => {
      if (state === 'live') throw new Error('a fault when live');
    };
    await expect(read({ onConnection })).rejects.toThrow('a fault when live');
    expect(server.requests).toHaveLength(2);
  });

  it('is read once', async () => {
    server.turns = [sends(frame(1), frame(2), frame(3), frame(4), END)];
    const stream = clientOf().stream('e');
    for await (const event of stream) expect(event.executionId).toBe('e');
    await expect(stream.result()).rejects.toThrow('a stream is read once');
  });

  it('that ends for a lost right goes on with a new token, asked for once', async () => {
    const asked: boolean[] = [];
    const token = ({ refresh }: { refresh: boolean }) => {
      asked.push(refresh);
      return refresh ? 'new' : 'old';
    };
    const lastWord = 'event: message\nid: 2\ndata: {"type":"message","data":{"level":"error","code":"unauthenticated","text":"the token has expired"}}\n\n';
    server.turns = [
      (request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.end(frame(1) + frame(2) + lastWord);
      },
      refuses(401, { 'content-type': 'application/problem+json' }, '{"code":"unauthenticated"}'),
      sends(frame(3), frame(4), END),
    ];
    const { seqs } = await read({}, { auth: { token } });
    expect(seqs).toEqual([1, 2, 3, 4, 5]);
    expect(asked).toEqual([false, true]);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer old', 'Bearer old', 'Bearer new']);
  });

  it('by ticket asks for a new one each time', async () => {
    let tickets = 0;
    server.turns = [sendsAndCuts(frame(1)), sends(frame(2), frame(3), frame(4), END)];
    const { seqs } = await read({}, { auth: { ticket: (id) => `${id}-${++tickets}` } });
    expect(seqs).toEqual([1, 2, 3, 4, 5]);
    expect(server.requests.map(({ url }) => url.searchParams.get('ticket'))).toEqual(['e-1', 'e-2']);
    expect(server.requests[0]?.headers).not.toHaveProperty('x-api-key');
  });

  it('that something between holds back is replaced by pages', async () => {
    const log = [eventOf(1), eventOf(2), eventOf(3), eventOf(4), eventOf(5, 'workflow_completed')];
    let grown = 1;
    server.otherwise = (request, response) => {
      const { pathname, searchParams } = new URL(request.url as string, server.base);
      // A buffering proxy: it has taken the stream, and gives nothing of it.
      if (pathname.endsWith('/stream')) return sends()(request, response);
      const events = log.slice(Number(searchParams.get('after')), ++grown).slice(0, Number(searchParams.get('limit')));
      answers({ events, lastSeq: grown, terminal: events.at(-1)?.seq === 5 })(request, response);
    };
    const { seqs, connections } = await read({}, { probeMs: 5, pollMs: 1 });
    expect(seqs).toEqual([1, 2, 3, 4, 5]);
    expect(connections.map(({ state }) => state).filter((state) => state !== 'live')).toEqual(['connecting', 'polling', 'ended']);
    expect(server.cursors).toEqual(['0']);
  });

  it('that is let through by nothing between, time and again, is replaced by pages', async () => {
    const log = [eventOf(1), eventOf(2, 'workflow_completed')];
    const refusals = [(request: IncomingMessage) => request.socket.destroy(), refuses(200, { 'content-type': 'text/html' }, 'blocked'), refuses(200, { 'content-type': 'text/event-stream' })];
    for (const refusal of refusals) {
      server.otherwise = (request, response) => {
        if (request.url?.includes('/stream')) return refusal(request, response);
        answers({ events: log.slice(0, Number(new URL(request.url as string, server.base).searchParams.get('limit'))), lastSeq: 2, terminal: true })(request, response);
      };
      const { seqs, connections } = await read();
      expect(seqs).toEqual([1, 2]);
      expect(connections.map(({ state }) => state).filter((state) => state !== 'live').slice(-2)).toEqual(['polling', 'ended']);
    }
  });

  it('that cannot be had is no reason for pages where these have nothing that it should have brought, or cannot be had either', async () => {
    let tries = 0;
    server.otherwise = (request, response) => {
      if (request.url?.includes('/events')) return (tries % 2 ? answers({ events: [], lastSeq: 0, terminal: false }) : refuses(502))(request, response);
      (++tries < 8 ? refuses(502) : sends(frame(1), frame(2), frame(3), frame(4), END))(request, response);
    };
    const { seqs, connections } = await read();
    expect(seqs).toEqual([1, 2, 3, 4, 5]);
    expect(connections.map(({ state }) => state)).not.toContain('polling');
  });

  it('is tried again after a while of pages, as what held it back may be gone', async () => {
    let isBlocked = true;
    let polls = 0;
    server.otherwise = (request, response) => {
      if (request.url?.includes('/stream')) return (isBlocked ? sends() : sends(frame(2), frame(3), frame(4), END))(request, response);
      isBlocked = ++polls < 10;
      answers({ events: request.url?.includes('after=0') ? [eventOf(1)] : [], lastSeq: 1, terminal: false })(request, response);
    };
    const { seqs, connections } = await read({}, { probeMs: 5, pollMs: 0 });
    expect(seqs).toEqual([1, 2, 3, 4, 5]);
    expect(connections.map(({ state }) => state).slice(-4)).toEqual(['polling', 'connecting', 'live', 'ended']);
  });

  it('by pages is left, too, where no answer comes any more', async () => {
    let isMute = true;
    server.otherwise = (request, response) => {
      if (request.url?.includes('/stream')) return sends()(request, response);
      if (request.url?.includes('limit=1000') && isMute) return void (isMute = false);
      answers({ events: [eventOf(1), eventOf(2, 'workflow_completed')], lastSeq: 2, terminal: true })(request, response);
    };
    const { seqs, connections } = await read({}, { probeMs: 5, pollMs: 1, requestMs: 1000 });
    expect(seqs).toEqual([1, 2]);
    expect(connections.map(({ state }) => state)).toContain('polling');
  });

  it('that lives, though it has nothing to bring, makes no next wait longer', async () => {
    const lives: Turn = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(': heartbeat\n\n', () => response.destroy());
    };
    server.turns = [refuses(500), refuses(500), lives, lives, sends(frame(1), frame(2), frame(3), frame(4), END)];
    const { connections } = await read({}, { random: () => 0.5, reconnect: { delayMs: 2 } });
    expect(connections.flatMap((connection) => (connection.state === 'waiting' ? [connection.delayMs] : []))).toEqual([1, 2, 1, 1]);
  });

  it('that is only quiet stays, as the probe finds nothing that it should have brought', async () => {
    let tell = () => {};
    server.otherwise = (request, response) => {
      if (request.url?.includes('/events')) {
        answers({ events: [], lastSeq: 0, terminal: false })(request, response);
        return tell();
      }
      sends()(request, response);
      tell = () => response.write(frame(1) + frame(2) + frame(3) + frame(4) + END);
    };
    const { seqs, connections } = await read({}, { probeMs: 5 });
    expect(seqs).toEqual([1, 2, 3, 4, 5]);
    expect(connections.map(({ state }) => state)).toEqual(['connecting', 'live', 'ended']);
  });

  it('by pages survives refusals, and shows the types that were asked for', async () => {
    const pages: ((events: ExecutionEvent[], terminal: boolean) => ReturnType<typeof answers>) = (events, terminal) => answers({ events, lastSeq: 9, terminal });
    server.turns = [
      sends(), pages([eventOf(1)], false),
      pages([eventOf(1), eventOf(2, 'workflow_resumed')], false), refuses(502), refuses(502), refuses(502), refuses(502),
      pages([eventOf(3)], false), pages([], false), pages([eventOf(4), eventOf(5, 'workflow_completed')], true),
    ];
    const { seqs, connections } = await read({ types: ['workflow_resumed', 'workflow_completed'] }, { probeMs: 5, pollMs: 1 });
    expect(seqs).toEqual([2, 5]);
    expect(connections.map(({ state }) => state)).toEqual(['connecting', 'live', 'polling', 'waiting', 'polling', 'ended']);
  });
});

describe('a wake-up', () => {
  it('ends the wait before the next try', async () => {
    const page = new EventTarget();
    const listening = ['addEventListener', 'removeEventListener'] as const;
    for (const name of listening) Object.defineProperty(globalThis, name, { configurable: true, value: page[name].bind(page) });
    try {
      server.turns = [refuses(500), sendsAndCuts(frame(1)), sends(frame(2), frame(3), frame(4), END)];
      const waits: number[] = [];
      const onConnection = (connection: Connection) => {
        if (connection.state !== 'waiting') return;
        waits.push(connection.delayMs);
        setImmediate(() => page.dispatchEvent(new Event('online')));
      };
      const { seqs } = await read({ onConnection }, { random: () => 1, reconnect: { delayMs: 3_600_000, maxDelayMs: 3_600_000 } });
      expect(seqs).toEqual([1, 2, 3, 4, 5]);
      expect(waits).toEqual([3_600_000, 3_600_000]);
    } finally {
      for (const name of listening) Reflect.deleteProperty(globalThis, name);
    }
  });

  it('finds a line dead that was silent for too long meanwhile, by the clock on the wall', async () => {
    const page = new EventTarget();
    const listening = ['addEventListener', 'removeEventListener'] as const;
    for (const name of listening) Object.defineProperty(globalThis, name, { configurable: true, value: page[name].bind(page) });
    const now = Date.now;
    try {
      server.turns = [
        (request, response) => {
          sends(frame(1))(request, response);
          // The machine slept for ten minutes: timers did not count them.
          setImmediate(() => {
            Date.now = () => now() + 600_000;
            page.dispatchEvent(new Event('pageshow'));
          });
        },
      ];
      server.otherwise = sends(frame(1), frame(2), frame(3), frame(4), END);
      expect((await read()).seqs).toEqual([1, 2, 3, 4, 5]);
      expect(server.cursors.length).toBeGreaterThan(1);
    } finally {
      Date.now = now;
      for (const name of listening) Reflect.deleteProperty(globalThis, name);
    }
  });
});
