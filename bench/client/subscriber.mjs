/** One subscriber: a socket of its own, a request, and a reader of the answer. */
import { connect } from 'node:net';
import { SseReader } from './sse.reader.mjs';

export class Subscriber {
  #socket;
  #closing = false;

  /**
   * `events` may have `onFrame`, `onData`, which is called after the frames of a read, and `onError`; `opened` resolves when
   * the headers of the answer are in.
   */
  constructor({ port, path, headers }, events) {
    this.opened = new Promise((resolve, reject) => {
      this.reader = new SseReader({ onHead: resolve, onFrame: events.onFrame });
      const fail = (error) => {
        if (this.#closing || this.reader.ended) return;
        this.close();
        events.onError?.(error);
        reject(error);
      };
      this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
      this.#socket.on('connect', () => this.#socket.write(requestOf(port, path, headers)));
      this.#socket.on('data', (bytes) => {
        try {
          this.reader.push(bytes);
          events.onData?.(this);
        } catch (error) {
          fail(error);
        }
      });
      this.#socket.on('error', fail);
      this.#socket.on('close', () => fail(new Error('the server closed the connection before the end')));
    });
    // Told by `onError` as well.
    this.opened.catch(() => undefined);
  }

  close() {
    this.#closing = true;
    this.#socket.destroy();
  }
}

function requestOf(port, path, headers = {}) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: text/event-stream\r\n${lines.join('')}\r\n`;
}
