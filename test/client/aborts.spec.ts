/** What ends a stream or a request from this side: at once, with what the signal was aborted with, whatever is being waited for. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type ClientOptions } from '../../src/client/client.options.js';
import { type ExecutionEvent, type ExecutionStream, StepcastClient } from '../../src/client/index.js';
import { within } from '../support/patience.js';
import { answers, eventOf, frame, ScriptServer, sends } from './support/script.server.js';

let server: ScriptServer;
let aborter: AbortController;
beforeEach(async () => {
  server = await ScriptServer.start();
  aborter = new AbortController();
});
afterEach(() => server.close());

const clientOf = (options: ClientOptions = {}) => new StepcastClient({ baseUrl: server.base, random: () => 0, ...options });
const REASON = new Error('enough');
const ALL = [frame(1), frame(2), frame(3), frame(4), frame(5, 'workflow_completed')].join('');
const never = <T>() => new Promise<T>(() => undefined);

/** The numbers of the events that are handed on, where `leave` is called with the first. */
async function seqsOf(events: AsyncIterable<ExecutionEvent>, leave: () => void): Promise<number[]> {
  const seqs: number[] = [];
  for await (const { seq } of events) {
    seqs.push(seq);
    leave();
  }
  return seqs;
}

describe('nothing is handed on any more, though more had come with the same piece,', () => {
  it('once the signal has aborted', async () => {
    server.otherwise = sends(ALL);
    let handed = 0;
    const reading = seqsOf(clientOf().stream('e', { signal: aborter.signal }), () => (handed++, aborter.abort(REASON)));
    await expect(within(reading, 'the end of the stream')).rejects.toBe(REASON);
    expect(handed).toBe(1);
  });

  it('once the stream is closed, whether it comes over a line or as pages', async () => {
    server.otherwise = sends(ALL);
    const stream = clientOf().stream('e');
    expect(await within(seqsOf(stream, () => stream.close()), 'the end of the stream')).toEqual([1]);
    server.otherwise = (request, response) => {
      if (request.url?.includes('/stream')) sends()(request, response);
      else answers({ events: [eventOf(1), eventOf(2)], lastSeq: 2, terminal: false })(request, response);
    };
    const paged = clientOf({ probeMs: 1 }).stream('e');
    expect(await within(seqsOf(paged, () => paged.close()), 'the end of the pages')).toEqual([1]);
  });

  it('once that of several is', async () => {
    server.otherwise = sends(ALL);
    expect(await within(seqsOf(clientOf().streamSeveral({ signal: aborter.signal }), () => aborter.abort()), 'the end of the stream')).toEqual([1]);
  });
});

describe('what never comes is not waited for:', () => {
  const asked = () => {
    // When it is being waited for already.
    setImmediate(() => aborter.abort(REASON));
    return never<never>();
  };

  it.each<[string, ClientOptions]>([
    ['a token', { auth: { token: asked } }],
    ['a ticket', { auth: { ticket: asked } }],
    ['an answer of a `fetch` that looks at no signal', { fetch: asked }],
  ])('%s', async (_what, options) => {
    const reading = seqsOf(clientOf(options).stream('e', { signal: aborter.signal }), () => undefined);
    await expect(within(reading, 'the end of the stream')).rejects.toBe(REASON);
    expect(server.requests).toEqual([]);
  });

  it('a token for a request', async () => {
    await expect(within(clientOf({ auth: { token: asked } }).list({ signal: aborter.signal }), 'the end of the request')).rejects.toBe(REASON);
  });

  it('the state that a stream begins at', async () => {
    const open = (leave: (stream: ExecutionStream) => void) => {
      const stream = clientOf().stream('e', { from: 'latest', signal: aborter.signal });
      server.otherwise = () => leave(stream);
      return within(seqsOf(stream, () => undefined), 'the end of the stream');
    };
    expect(await open((stream) => stream.close())).toEqual([]);
    await expect(open(() => aborter.abort(REASON))).rejects.toBe(REASON);
    expect(server.requests.map(({ url }) => url.pathname)).toEqual(['/api/v1/executions/e', '/api/v1/executions/e']);
  });
});

describe('an iterator that is left while it waits for the next event', () => {
  const open: [string, () => AsyncIterator<ExecutionEvent>][] = [
    ['of a stream', () => clientOf().stream('e')[Symbol.asyncIterator]()],
    ['of several', () => clientOf().streamSeveral()[Symbol.asyncIterator]()],
  ];

  // As `ReadableStream.from(stream)` does when it is cancelled, and a race that another promise has won.
  it.each(open)('%s closes the line at once, and what was waited for is the end', async (_what, iteratorOf) => {
    const closed = Promise.withResolvers<void>();
    server.otherwise = (request, response) => {
      response.on('close', closed.resolve);
      sends(frame(1))(request, response);
    };
    const iterator = iteratorOf();
    expect((await iterator.next()).value).toMatchObject({ seq: 1 });
    const waiting = iterator.next();
    expect(await within(iterator.return?.() as Promise<unknown>, 'the answer to `return`')).toEqual({ done: true, value: undefined });
    expect(await within(waiting, 'the end')).toEqual({ done: true, value: undefined });
    await within(closed.promise, 'the end of the line');
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(server.requests).toHaveLength(1);
  });
});

describe('a result', () => {
  it('is not told of an execution that goes on, where its stream was closed', async () => {
    server.otherwise = sends(frame(1));
    const stream = clientOf().stream('e', { onConnection: ({ state }) => state === 'live' && setImmediate(() => stream.close()) });
    await expect(within(stream.result(), 'the end of the stream')).rejects.toMatchObject({ name: 'AbortError' });
    expect(server.requests).toHaveLength(1);
  });
});
