/**
 * Counts the frames of an event stream as they come off a socket, and checks that their ids go 1, 2, 3 … without a gap or
 * a double. It reads HTTP/1.1 itself, chunks and all, because a client library would cost more than what is measured.
 */
const LF = 10;
const COLON = 58;
const HEAD_END = Buffer.from('\r\n\r\n');
const EMPTY = Buffer.alloc(0);

export class SseReader {
  /** Frames with an id. */
  frames = 0;
  lastId = 0;
  /** The body's bytes, without the marks of its chunks. */
  bytes = 0;
  /** Whether the server has ended the answer. */
  ended = false;
  #head = EMPTY;
  #body = false;
  #chunked = false;
  #chunkLeft = 0;
  #chunkSize = 0;
  #inSize = true;
  #unfinished = EMPTY;

  /** `onFrame(buffer, start, end)` is called for every frame with an id; leave it out where counting is enough. */
  constructor({ onHead, onFrame }) {
    this.onHead = onHead;
    this.onFrame = onFrame;
  }

  /** @throws Error where the answer is not an event stream, or its ids have a gap. */
  push(buffer) {
    if (this.#body) this.#pushBody(buffer, 0);
    else this.#pushHead(buffer);
  }

  #pushHead(buffer) {
    const head = this.#head.length ? Buffer.concat([this.#head, buffer]) : buffer;
    const end = head.indexOf(HEAD_END);
    if (end < 0) {
      this.#head = head;
      return;
    }
    const text = head.latin1Slice(0, end).toLowerCase();
    if (!text.startsWith('http/1.1 200') || !text.includes('content-type: text/event-stream')) throw new Error(`not an event stream: ${head.subarray(0, 500).latin1Slice()}`);
    this.#chunked = text.includes('transfer-encoding: chunked');
    this.#body = true;
    this.onHead?.();
    this.#pushBody(head, end + 4);
  }

  #pushBody(buffer, from) {
    if (!this.#chunked) {
      this.#read(buffer, from, buffer.length);
      return;
    }
    let at = from;
    while (at < buffer.length) {
      if (this.#chunkLeft > 0) {
        const end = Math.min(buffer.length, at + this.#chunkLeft);
        this.#read(buffer, at, end);
        this.#chunkLeft -= end - at;
        at = end;
        continue;
      }
      // The line break after a chunk, the next one's size in hexadecimal, a line break.
      const byte = buffer[at++];
      if (byte === LF) {
        if (!this.#inSize) this.#inSize = true;
        else {
          this.#chunkLeft = this.#chunkSize;
          this.ended = this.#chunkSize === 0;
          this.#chunkSize = 0;
          this.#inSize = false;
        }
      } else if (byte !== 13) this.#chunkSize = this.#chunkSize * 16 + (byte <= 57 ? byte - 48 : (byte | 32) - 87);
    }
  }

  #read(buffer, start, end) {
    this.bytes += end - start;
    if (this.#unfinished.length === 0) {
      const done = this.#frames(buffer, start, end);
      if (done < end) this.#unfinished = Buffer.from(buffer.subarray(done, end));
      return;
    }
    const joined = Buffer.concat([this.#unfinished, buffer.subarray(start, end)]);
    const done = this.#frames(joined, 0, joined.length);
    this.#unfinished = done < joined.length ? joined.subarray(done) : EMPTY;
  }

  /** Reads whole frames; answers where the unfinished one begins. */
  #frames(buffer, start, end) {
    let at = start;
    for (;;) {
      while (at < end && buffer[at] === LF) at++;
      let id = -1;
      let line = at;
      do {
        const lineEnd = endOfLine(buffer, line, end);
        // Without the byte after it, the end of a line may or may not be the end of its frame.
        if (lineEnd + 1 >= end) return at;
        if (buffer[line] === 105 && buffer[line + 1] === 100 && buffer[line + 2] === COLON) id = numberAt(buffer, line + 3);
        line = lineEnd + 1;
      } while (buffer[line] !== LF);
      if (id >= 0) {
        if (id !== this.lastId + 1) throw new Error(`frame ${id} came where ${this.lastId + 1} should have`);
        this.lastId = id;
        this.frames++;
        this.onFrame?.(buffer, at, line - 1);
      }
      at = line + 1;
    }
  }
}

/** The line break at or after `at`, or the end. The data is long: it alone is worth a call out of JavaScript. */
function endOfLine(buffer, at, end) {
  if (buffer[at] === 100 /* d: data */) {
    const found = buffer.indexOf(LF, at);
    return found < 0 ? end : found;
  }
  let i = at;
  while (i < end && buffer[i] !== LF) i++;
  return i;
}

function numberAt(buffer, at) {
  let value = 0;
  for (let i = buffer[at] === 32 ? at + 1 : at; buffer[i] >= 48 && buffer[i] <= 57; i++) value = value * 10 + buffer[i] - 48;
  return value;
}
