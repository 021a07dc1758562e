/** Sends fuzzed requests as they are, over connections that are kept, and reads answers up to a bound. */
import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import { type Socket } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { SERVER_BOUNDS } from '../../../src/http-server.js';
import { type Answer, KEYS } from '../../support/client.js';
import { within } from '../../support/patience.js';
import { type Credential, type FuzzBody, type FuzzRequest } from './request.arbitrary.js';
import { type World } from './world.js';

export interface Sent {
  /** Who sends it, if it comes to that. */
  user: string;
  method: string;
  /** The request target as it went over the line. */
  target: string;
  headers: [name: string, value: string][];
  body: Buffer | undefined;
}

/** `undefined` where the line was cut before the request was whole, so that there is none. */
export type Reply = (Answer & { /** Whether the answer was read to its end, and not left before. */ whole: boolean }) | undefined;

/** Bytes of a stream after which it is left. */
const ENOUGH = 64 * 1024;
/** Milliseconds after which a stream is left that never falls silent: its events come quicker than heartbeats. */
const LONG_ENOUGH_MS = 1000;
/** Bytes of a head that the service takes, but for what clients add to it by themselves. */
const MAX_HEAD = SERVER_BOUNDS.maxHeaderSize - 250;
/** What Node's own client lets through. */
const NO_TARGET = /[^\u0021-\u007e]/gu;
const NO_VALUE = /[^\t\u0020-\u007e\u0080-\u00ff]/gu;

const USERS: Partial<Record<Credential, string>> = { bob: 'bob', root: 'root' };

/** Whether Node refuses a request, with 431, before the service sees it. */
export function isRefusedByHead({ target, headers }: Pick<Sent, 'target' | 'headers'>): boolean {
  return headers.reduce((length, [name, value]) => length + name.length + value.length + 4, target.length) > MAX_HEAD;
}

class StaleConnection extends Error {}
class CutStream extends Error {}

export class Wire {
  private readonly agent: http.Agent;
  /** Connections that something has been sent over. */
  private readonly used = new WeakSet<Socket>();

  constructor(private readonly base: string, private readonly world: World, private readonly token: string, connections: number) {
    this.agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  }

  close(): void {
    this.agent.destroy();
  }

  /** What of a drawn request goes over the line now. */
  prepare(request: FuzzRequest): Sent {
    const { credential, pick, method } = request;
    const managed = this.world.key(pick);
    const user = credential === 'managed' ? managed.user : (USERS[credential] ?? 'alice');
    const fill = (text: string) => this.world.fill(text, user);
    const pairs = request.query.map(([name, value]) => `${query(name)}=${query(fill(value))}`);
    const target = (fill(request.path) + (pairs.length ? `?${pairs.join('&')}` : '')).replace(NO_TARGET, (unit) => encodeURIComponent(unit.toWellFormed()));
    const named: Sent['headers'] = [...request.headers.map(([name, value]): [string, string] => [name, fill(value)]), ...this.credentials(credential, pick, managed.key)];
    // Whoever is refused for the head is hung up on in the middle of the body.
    const given = isRefusedByHead({ target, headers: named }) ? undefined : request.body;
    const body = given ? bytesOf({ ...given, text: fill(given.text) }) : undefined;
    const headers = [...named, ...framing(method, given, body)];
    return { user, method, target, headers: headers.map(([name, value]) => [name, value.replace(NO_VALUE, '')]), body };
  }

  async send(sent: Sent, cut: boolean): Promise<Reply> {
    const once = (agent: http.Agent | false = this.agent) => within(this.exchange(sent, cut, agent), () => `an answer to ${sent.method} ${sent.target}`);
    try {
      return await once();
    } catch (error) {
      // The server may close a kept connection in the moment that it is used; on a new one it has to answer.
      if (error instanceof StaleConnection) return once(false);
      const isText = /[?&]protocol=text(&|$)/.test(sent.target);
      if (!(error instanceof CutStream) || !(sent.method === 'GET' || isText)) throw error;
      // A text that comes to no end breaks off. To start another one would tell nothing of it.
      if (sent.method !== 'GET') return undefined;
      // What retention removes while it is read ends so, too; whoever asks again is told.
      const reply = await once();
      if (reply?.status !== 410 && !(reply?.status === 409 && isText)) throw error;
      return reply;
    }
  }

  private exchange({ method, target, headers, body }: Sent, cut: boolean, kept: http.Agent | false): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const { hostname, port } = new URL(this.base);
      const host: Sent['headers'] = headers.some(([name]) => name === 'host') ? [] : [['host', `${hostname}:${port}`]];
      // What says something of its connection gets one of its own, as clients and servers may differ about what it says.
      const agent = headers.some(([name]) => name === 'connection') ? false : kept;
      const request = http.request({ hostname, port, method, path: target, agent, headers: [...host, ...headers].flat() as never });
      let answered = false;
      let isStale = false;
      // `reusedSocket` does not tell of a connection that a request had to wait for.
      request.on('socket', (socket) => {
        isStale = this.used.has(socket);
        this.used.add(socket);
      });
      request.on('response', (response) => {
        answered = true;
        read(request, response).then(resolve, reject);
      });
      request.on('upgrade', (response, socket) => {
        socket.destroy();
        resolve({ status: response.statusCode as number, headers: response.headers, text: '', json: undefined, whole: true });
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        if (cut) resolve(undefined);
        else if (!answered) reject(isStale && error.code === 'ECONNRESET' ? new StaleConnection() : error);
      });
      if (!cut) request.end(body);
      // As soon as the beginning has left.
      else request.write(body ?? '', () => request.destroy());
    });
  }

  private credentials(credential: Credential, pick: number, managed: string): Sent['headers'] {
    const oddKeys = ['', ' ', 'x', 'alice', KEYS.alice.toUpperCase(), `${KEYS.alice} `, `${KEYS.alice}, ${KEYS.bob}`, '\u00ff'.repeat(50), 'x'.repeat(5000), '__proto__'];
    const oddTokens = ['', 'Bearer', 'Bearer ', 'bearer x', `Bearer ${KEYS.alice}`, 'Basic YWxpY2U6eA==', `Bearer ${this.token}x`, `Bearer ${this.token} x`, 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.', 'Bearer ..', 'Digest a="', '\u00e4', `Bearer ${'a.'.repeat(3000)}`];
    const one = (list: string[]) => list[pick % list.length] as string;
    switch (credential) {
      case 'nobody':
        return [];
      case 'jwt':
        return [['authorization', `Bearer ${this.token}`]];
      case 'managed':
        return [['x-api-key', managed]];
      case 'wrong':
        return [['x-api-key', one(oddKeys)]];
      case 'odd':
        return [['authorization', one(oddTokens)]];
      case 'both':
        return [['x-api-key', KEYS.alice], ['authorization', `Bearer ${this.token}`]];
      case 'twice':
        return [['x-api-key', KEYS.alice], ['X-Api-Key', KEYS.root]];
      default:
        return [['x-api-key', KEYS[credential]]];
    }
  }
}

/** The rest of an answer; of a stream, until the first heartbeat, and until enough of it is read. */
function read(request: ClientRequest, response: IncomingMessage): Promise<Reply> {
  const { statusCode, headers } = response;
  const isStream = statusCode === 200 && /^(text\/event-stream|text\/plain)/.test(headers['content-type'] ?? '') && headers['content-length'] === undefined;
  const parts: Buffer[] = [];
  let length = 0;
  return new Promise((resolve, reject) => {
    let patience: NodeJS.Timeout | undefined;
    const done = (whole: boolean) => {
      clearTimeout(patience);
      const text = Buffer.concat(parts).toString('utf8');
      const json: unknown = /json/.test(headers['content-type'] ?? '') && text !== '' ? JSON.parse(text) : undefined;
      resolve({ status: statusCode as number, headers, text, json, whole });
    };
    const leave = () => {
      response.removeAllListeners('error').on('error', () => undefined);
      request.destroy();
      done(false);
    };
    response.on('data', (part: Buffer) => {
      parts.push(part);
      length += part.length;
      if (isStream && (length > ENOUGH || part.includes('heartbeat'))) leave();
    });
    response.on('end', () => {
      try {
        done(true);
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
    response.on('error', (error) => reject(isStream ? new CutStream('the stream was cut', { cause: error }) : error));
    if (isStream) patience = setTimeout(leave, LONG_ENOUGH_MS);
  });
}

function bytesOf({ text, charset, encoding }: FuzzBody): Buffer {
  const bytes = Buffer.from(text, charset);
  switch (encoding.does) {
    case 'gzip':
      return gzipSync(bytes);
    case 'deflate':
      return deflateSync(bytes);
    case 'br':
      return brotliCompressSync(bytes);
    default:
      return bytes;
  }
}

/** Methods of which Node's client sends no body by itself; of the others an empty one would be chunked. */
const BODILESS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE']);

function framing(method: string, body: FuzzBody | undefined, bytes: Buffer | undefined): Sent['headers'] {
  if (!body || !bytes) return BODILESS.has(method) ? [] : [['content-length', '0']];
  return [
    ...(body.type === undefined ? [] : [['content-type', body.type] as [string, string]]),
    ...(body.encoding.says === undefined ? [] : [['content-encoding', body.encoding.says] as [string, string]]),
    body.framing === 'chunked' ? ['transfer-encoding', 'chunked'] : ['content-length', String(bytes.length + (body.framing === 'short' ? 100 : 0))],
  ];
}

/** Tokens are filled before. What already looks encoded is sent as it is, broken or not. */
function query(text: string): string {
  return /^[\w%.~-]*$/.test(text) ? text : encodeURIComponent(text.toWellFormed());
}
