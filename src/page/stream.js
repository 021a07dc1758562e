/* global AbortController, TextDecoder, clearTimeout */
/**
 * The event stream as a browser reads it, by fetch: EventSource can't send a key in a header. Nothing here touches the
 * page, so that tests can run it.
 *
 * A line that is cut is taken up again after the last event that was handed on, so the reader sees every event once and
 * in order, whatever happens to the line, the proxy or the service (P1, P3).
 */

const TERMINAL = new Set(['workflow_completed', 'workflow_failed', 'workflow_cancelled']);

/** Silence after which a line counts as dead while nothing is known of the heartbeat of the service, milliseconds. */
const STALL_MS = 45_000;
const MIN_STALL_MS = 5000;
const MAX_STALL_MS = 300_000;
/** How many times the silence before a heartbeat may last. */
const STALL_FACTOR = 3;

/** Server-sent events (WHATWG HTML, section 9.2) from text that comes in pieces of any cut. */
export class SseParser {
  /** The `id` of the last block that was whole. */
  lastEventId = '';
  #id = '';
  #rest = '';
  #afterCr = false;
  #type = '';
  /** @type {string[]} */
  #data = [];

  /**
   * Takes the next piece; answers the messages that are whole with it.
   * @param {string} text
   * @returns {import('./stream.js').SseMessage[]}
   */
  push(text) {
    /** @type {import('./stream.js').SseMessage[]} */
    const messages = [];
    const lineBreak = /[\r\n]/g;
    let start = 0;
    // A CR and the LF after it are one break, even where the cut is between them.
    if (this.#afterCr && text !== '') {
      this.#afterCr = false;
      if (text[0] === '\n') start = 1;
    }
    for (;;) {
      lineBreak.lastIndex = start;
      const found = lineBreak.exec(text);
      if (!found) break;
      const end = found.index;
      this.#line(this.#rest + text.slice(start, end), messages);
      this.#rest = '';
      start = end + 1;
      if (found[0] === '\r') {
        if (text[start] === '\n') start++;
        else if (start === text.length) this.#afterCr = true;
      }
    }
    this.#rest += text.slice(start);
    return messages;
  }

  /**
   * @param {string} line
   * @param {import('./stream.js').SseMessage[]} messages
   */
  #line(line, messages) {
    if (line === '') {
      this.lastEventId = this.#id;
      if (this.#data.length) messages.push({ type: this.#type || 'message', data: this.#data.join('\n'), id: this.lastEventId });
      this.#type = '';
      this.#data = [];
      return;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'event') this.#type = value;
    else if (field === 'data') this.#data.push(value);
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
  }
}

/**
 * Milliseconds to wait before try number `failures` + 1: doubling, bounded, and drawn from the upper half, so that
 * readers that were cut off together do not come back together.
 * @param {number} failures
 * @param {number} random 0 ≤ random < 1
 */
export function backoffMs(failures, random, baseMs = 500, maxMs = 15_000) {
  return Math.round(Math.min(maxMs, baseMs * 2 ** failures) * (0.5 + random / 2));
}

/** The service answered that this stream can't be had: trying again would not help. */
export class StreamRefused extends Error {
  /**
   * @param {number} status
   * @param {{ code?: string, detail?: string } | undefined} problem
   */
  constructor(status, problem) {
    super(problem?.detail ?? `the service answered ${status}`);
    this.name = 'StreamRefused';
    this.status = status;
    this.code = problem?.code;
  }
}

/** Follows one execution from any of its events to its end. */
export class ExecutionStream {
  /** @type {import('./stream.js').StreamOptions} */
  #options;
  /** Seq of the last event handed on. */
  #after;
  #failures = 0;
  #stallMs;
  #closed = false;
  /** @type {AbortController | undefined} */
  #line;
  /** Ends the wait before the next try. */
  #skipWait = () => {};

  /** @param {import('./stream.js').StreamOptions} options */
  constructor(options) {
    this.#options = options;
    this.#after = options.after ?? 0;
    this.#stallMs = options.stallMs ?? STALL_MS;
  }

  /**
   * Resolves after the terminal event, or after `close`.
   * @throws {StreamRefused}
   */
  async run() {
    const { onConnection, random = Math.random, backoff = backoffMs } = this.#options;
    while (!this.#closed) {
      onConnection({ state: 'connecting' });
      const { ended, retryAfterMs } = await this.#connect();
      if (ended || this.#closed) break;
      const delayMs = Math.max(retryAfterMs, backoff(this.#failures++, random()));
      onConnection({ state: 'waiting', delayMs });
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, delayMs);
        this.#skipWait = () => {
          clearTimeout(timer);
          resolve(undefined);
        };
      });
    }
    if (!this.#closed) onConnection({ state: 'ended' });
  }

  /** Does not wait any longer, say because the network is back. */
  retryNow() {
    this.#skipWait();
  }

  close() {
    this.#closed = true;
    this.#line?.abort();
    this.#skipWait();
  }

  /** One line, from its request until it is cut. Errors of `onEvent` are thrown on. */
  async #connect() {
    const { url, headers, fetch = globalThis.fetch } = this.#options;
    const line = (this.#line = new AbortController());
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let watchdog;
    const watch = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => {
        // Where the service has long heartbeats, the next line is given longer.
        this.#stallMs = Math.min(MAX_STALL_MS, this.#stallMs * 2);
        line.abort();
      }, this.#stallMs);
    };
    try {
      watch();
      const response = await fetch(`${url}?heartbeat=event`, {
        headers: { ...headers, Accept: 'text/event-stream', ...(this.#after ? { 'Last-Event-ID': String(this.#after) } : {}) },
        cache: 'no-store',
        signal: line.signal,
      }).catch(() => undefined);
      if (!response) return { ended: false, retryAfterMs: 0 };
      if (response.status === 204) return { ended: true, retryAfterMs: 0 };
      if (response.status !== 200) return { ended: false, retryAfterMs: await refusal(response) };
      this.#options.onConnection({ state: 'live' });
      return { ended: await this.#read(response, watch), retryAfterMs: 0 };
    } finally {
      clearTimeout(watchdog);
      line.abort();
    }
  }

  /**
   * @param {Response} response
   * @param {() => void} watch
   * @returns {Promise<boolean>} whether the terminal event came
   */
  async #read(response, watch) {
    const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
    const decoder = new TextDecoder();
    const parser = new SseParser();
    let heard = Date.now();
    for (;;) {
      const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }));
      if (done || this.#closed) return false;
      for (const message of parser.push(decoder.decode(value, { stream: true }))) {
        this.#failures = 0;
        if (message.type === 'heartbeat') {
          this.#stallMs = Math.min(MAX_STALL_MS, Math.max(MIN_STALL_MS, STALL_FACTOR * (Date.now() - heard)));
          continue;
        }
        const event = JSON.parse(message.data);
        if (event.seq <= this.#after) continue;
        // Nothing may be missed: what came in between is asked for again.
        if (event.seq !== this.#after + 1) return false;
        this.#after = event.seq;
        this.#options.onEvent(event);
        if (TERMINAL.has(event.type)) return true;
      }
      heard = Date.now();
      watch();
    }
  }
}

/**
 * Milliseconds that the service asks to wait, where trying again can help.
 * @param {Response} response
 * @throws {StreamRefused} where it cannot.
 */
async function refusal(response) {
  const { status } = response;
  if (status === 429 || status >= 500) return 1000 * (Number(response.headers.get('Retry-After')) || 0);
  throw new StreamRefused(status, await response.json().catch(() => undefined));
}
