/**
 * The check of the reader that all figures of the servers stand on: cut in any way, a stream is read whole, and no fault in
 * it goes unseen. Run by `npm run bench:smoke`.
 */
import assert from 'node:assert/strict';
import { SseReader } from './sse.reader.mjs';

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';

/** The forms in which the servers write a frame. */
const FORMS = [
  (id, text) => `event: step_output\nid: ${id}\ndata: {"seq":${id},"text":"${text}"}\n\n`,
  (id, text) => `id:${id}\nevent:step_output\ndata:{"seq":${id},"text":"${text}"}\n\n`,
  (id, text) => `event: step_output\ndata: {"seq":${id},"text":"${text}"}\nid: ${id}\n\n`,
];

export function checkReader(rounds = 200) {
  for (const form of FORMS) {
    for (let round = 0; round < rounds; round++) {
      const count = 1 + Math.floor(Math.random() * 120);
      const frames = Array.from({ length: count }, (_, i) => form(i + 1, 'é'.repeat(Math.random() < 0.2 ? Math.floor(Math.random() * 50) : 7)));
      const reader = read(frames);
      assert.equal(reader.frames, count);
      assert.equal(reader.bytes, Buffer.byteLength(`\n: comment\n\n${frames.join('')}`));
      assert.equal(reader.ended, true);
      if (count < 3) continue;
      const at = 1 + Math.floor(Math.random() * (count - 2));
      assert.throws(() => read(frames.toSpliced(at, 1)), /came where/, 'a gap');
      assert.throws(() => read(frames.toSpliced(at, 0, frames[at])), /came where/, 'a double');
      assert.throws(() => read(frames.toSpliced(at, 2, frames[at + 1], frames[at])), /came where/, 'an exchange');
    }
  }
  assert.throws(() => read([], 'HTTP/1.1 503 Service Unavailable\r\n\r\n'), /not an event stream/);
}

/** Gives the frames to a reader in chunks and reads of any lengths. */
function read(frames, head = HEAD) {
  const reader = new SseReader({});
  const chunks = cut(Buffer.from(`\n: comment\n\n${frames.join('')}`)).map((bytes) => Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]));
  for (const piece of cut(Buffer.concat([Buffer.from(head), ...chunks, Buffer.from('0\r\n\r\n')]))) reader.push(piece);
  return reader;
}

function cut(bytes) {
  const pieces = [];
  const longest = 1 + Math.floor(Math.random() ** 3 * 5000);
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + Math.floor(Math.random() * longest);
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}
