import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { WebSocket, WebSocketServer } from 'ws';
import { EventBatch, RecordedEvent } from '../../journal/event-batch.js';
import { encodeForSocket, framesOf, socketView } from './socket.frames.js';

/** What a client makes of bytes that come over an open WebSocket. */
async function received(bytes: Buffer, count: number): Promise<string[]> {
  const server = createServer();
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => sockets.handleUpgrade(request, socket, head, () => socket.write(bytes)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const texts: string[] = [];
  await new Promise<void>((resolve, reject) => {
    client.on('message', (data: Buffer, isBinary) => {
      texts.push(isBinary ? 'binary' : data.toString('utf8'));
      if (texts.length === count) resolve();
    });
    client.on('error', reject);
  });
  client.terminate();
  await new Promise((resolve) => server.close(resolve));
  return texts;
}

const event = (seq: number, type: 'step_output' | 'message' | 'workflow_completed') => new RecordedEvent(seq, type, JSON.stringify({ seq, type, text: 'ä😀' }));

describe('frames of WebSockets', () => {
  it('carry texts of every length whole', async () => {
    const texts = [0, 1, 125, 126, 127, 65_535, 65_536, 70_000].map((length) => 'x'.repeat(length)).concat('ä😀'.repeat(30_000), 'ä'.repeat(63), 'ä'.repeat(62));
    const given = await received(framesOf(texts), texts.length);
    expect(given.map((text) => text.length)).toEqual(texts.map((text) => text.length));
    expect(given).toEqual(texts);
    expect(framesOf([])).toHaveLength(0);
  });

  it('are made once of a batch, for all sockets that want the same', async () => {
    const batch = new EventBatch('e', [event(1, 'step_output'), event(2, 'message'), event(3, 'workflow_completed')], 5);
    const chunk = encodeForSocket(batch, socketView());
    expect(encodeForSocket(batch, socketView())).toBe(chunk);
    expect(chunk).toMatchObject({ cursor: '3', told: true, written: { events: 3, recordedAt: 5 } });
    expect((await received(chunk.bytes, 3)).map((text) => JSON.parse(text) as object)).toEqual(batch.events.map((each) => ({ type: 'event', event: JSON.parse(each.json) as object })));
    const some = encodeForSocket(batch, socketView(new Set(['message', 'step_output'])));
    expect(some).toBe(encodeForSocket(batch, socketView(new Set(['step_output', 'message']))));
    expect(some).toMatchObject({ cursor: '3', told: false, written: { events: 2 } });
    expect(encodeForSocket(batch, socketView(new Set(['tool_call']))).bytes).toHaveLength(0);
  });
});
