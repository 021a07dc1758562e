import { type Server, type ServerResponse } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Journal } from '../../src/journal/journal.js';
import { MetricsRegistry } from '../../src/metrics/metrics.registry.js';
import { agent, workflow } from '../../src/orchestration/definition/builder.js';
import { TestApp } from '../support/app.js';
import { assertEachWhole, assertWhole, assertWholeFrames } from '../support/assert-whole.js';
import { type Frame } from '../support/sse.js';
import { eventually } from '../support/patience.js';

const PIECES = 4000;
const PIECE = 'x'.repeat(4000);
/** What a reader that does not read is behind by, in bytes: far more than the sockets of both sides take. */
const BACKLOG = PIECES * PIECE.length;
/** What may wait for one reader in the memory of the process: a page of the log, and what sockets take beside it. */
const BOUND = 1024 * 1024;

/** Longer than any test may take: nobody is dropped for reading late. */
const PATIENT_MS = 600_000;

let app: TestApp;
afterEach(() => app.close());

const start = async (stalledReaderMs: number) => {
  app = await TestApp.start({ streaming: { stalledReaderMs, heartbeatMs: 20 } });
  app.stage.write('flood', function* (ctx) {
    for (let i = 0; i < PIECES; i++) yield ctx.data(PIECE);
  });
};
const flood = () => app.alice.start(workflow('flood', agent('f', 'play', { input: { part: 'flood' } })));
const metric = async (name: string) => Number(new RegExp(`^${name} (\\d+)`, 'm').exec(await app.nest.get(MetricsRegistry).metrics())?.[1]);

/** The server's side of the next answer. */
function nextResponse(): Promise<ServerResponse> {
  const server = app.nest.getHttpServer() as Server;
  return new Promise((resolve) => server.once('request', (_request, response: ServerResponse) => resolve(response)));
}

/** Bytes in use once everything that can be let go of is. */
function memory(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** A stream that its client has opened and does not read, with the server's side of it. */
async function openUnread(path: string) {
  const answered = nextResponse();
  const reader = await app.alice.open(path);
  reader.pause();
  return { reader, response: await answered };
}

describe('P8 a client that goes away', () => {
  it('never stops or fails an execution, and leaves nothing behind', async () => {
    await start(PATIENT_MS);
    const id = await app.alice.start(workflow('left', agent('t', 'tokens', { input: { count: 50 } }), agent('g', 'gate'), agent('u', 'tokens', { input: { count: 50 } })));
    const readers = await Promise.all(Array.from({ length: 10 }, () => app.alice.openExecution(id)));
    await Promise.all(readers.map((reader) => reader.untilEvent('step_started', 'g')));
    expect(await metric('stepcast_streams_open')).toBe(10);
    for (const reader of readers) reader.close();
    await eventually(async () => (await metric('stepcast_streams_open')) === 0, 'the end of the streams');
    app.stage.gate(id, 'g').open();
    assertWhole(await app.alice.follow(id));
  });

  it('in the middle of a streamed POST neither', async () => {
    await start(PATIENT_MS);
    const reader = await app.alice.open('/executions', { method: 'POST', body: { workflow: workflow('posted', agent('g', 'gate')) } });
    const { executionId } = await reader.untilEvent('step_started', 'g');
    reader.close();
    await eventually(async () => (await metric('stepcast_streams_open')) === 0, 'the end of the stream');
    app.stage.gate(executionId, 'g').open();
    const events = await app.alice.follow(executionId);
    assertWhole(events);
    expect(events.at(-1)?.type).toBe('workflow_completed');
  });
});

describe('P8 a client that does not read', () => {
  it('costs no memory, does not slow the execution, and can still read everything', async () => {
    await start(PATIENT_MS);
    const id = await app.alice.start(workflow('flood', agent('g', 'gate'), agent('f', 'play', { input: { part: 'flood' } })));
    const { reader, response } = await openUnread(`/executions/${id}/stream`);
    const before = memory();
    let most = 0;
    const watching = app.nest.get(Journal).commits$.subscribe(() => (most = Math.max(most, response.writableLength)));
    app.stage.gate(id, 'g').open();
    // It runs to its end while nobody reads.
    await app.executions.result(id);
    watching.unsubscribe();
    expect(reader.received).toBeLessThan(BACKLOG / 4);
    expect(most).toBeLessThan(BOUND);
    expect(response.writableLength).toBeLessThan(BOUND);
    // Compiled code and caches of the run come and go within a few MB; a backlog that is held would never get below half of itself.
    await eventually(() => memory() - before < BACKLOG / 2, 'memory without the backlog');
    expect(response.writableNeedDrain).toBe(true);

    reader.resume();
    expect(await reader.whenEnded()).toBe('end');
    assertWhole(reader.events);
    expect(reader.events).toHaveLength(PIECES + 6);
    expect(await metric('stepcast_streams_dropped_total')).toBe(0);
  });

  it('is dropped when it has not read for the time that is configured, and resumes without loss', async () => {
    await start(100);
    const id = await flood();
    const { reader, response } = await openUnread(`/executions/${id}/stream`);
    await eventually(() => response.closed, 'the drop');
    expect(await metric('stepcast_streams_dropped_total')).toBe(1);
    reader.resume();
    expect(await reader.whenEnded()).toBe('cut');
    const frames: Frame[] = reader.frames.filter((frame) => frame.id !== undefined);
    expect(frames.length).toBeLessThan(PIECES);

    // On a busy machine one that reads may be held for one that does not, now and then.
    for (let end = 'cut'; end === 'cut'; ) {
      const cursor = frames.at(-1)?.id;
      const rest = await app.alice.openExecution(id, '', cursor === undefined ? {} : { 'last-event-id': cursor });
      end = await rest.whenEnded();
      frames.push(...rest.frames.filter((frame) => frame.id !== undefined));
    }
    assertWholeFrames(frames);
  });

  it('costs no more on a line that carries many executions', async () => {
    await start(PATIENT_MS);
    app.stage.write('large', function* (ctx) {
      for (let i = 0; i < 100; i++) yield ctx.data(PIECE);
    });
    const ids = await Promise.all(Array.from({ length: 50 }, () => app.alice.start(workflow('large', agent('l', 'play', { input: { part: 'large' } })))));
    for (const id of ids) await app.executions.result(id);
    for (const path of [`/stream?executions=${ids.join()}`, '/stream']) {
      const { reader, response } = await openUnread(path);
      const beating = await app.bob.open('/stream');
      // Full is a response that nothing is added to over five beats of another stream: no event, and no heartbeat.
      await eventually(async () => {
        const written = response.socket?.bytesWritten;
        for (let beat = 0, at = beating.frames.length; beat < 5; beat++) await beating.until(({ comment }) => comment === 'heartbeat', at + beat);
        return response.writableNeedDrain && response.socket?.bytesWritten === written;
      }, 'a full response');
      beating.close();
      expect(response.writableLength).toBeLessThan(BOUND);
      reader.resume();
      for (const id of ids) await reader.until(({ event, data }) => event === 'workflow_completed' && data?.includes(id) === true);
      assertEachWhole(reader.events, ids);
      reader.close();
    }
  });

  it('keeps no other reader of the execution waiting', async () => {
    await start(PATIENT_MS);
    const id = await flood();
    const { reader } = await openUnread(`/executions/${id}/stream`);
    assertWhole(await app.alice.follow(id));
    expect(reader.received).toBeLessThan(BACKLOG / 4);
    reader.close();
  });
});
