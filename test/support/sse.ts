/** A reader of an event stream that keeps a record of every byte. It parses by itself, so that nothing is smoothed over. */
import { type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { type EventType, type ExecutionEvent } from '../../src/contract/events.js';
import { within } from './patience.js';

/** One block of the stream, up to its empty line. */
export interface Frame {
  /** As it came, without the empty line. */
  raw: string;
  event?: string;
  id?: string;
  data?: string;
  retry?: string;
  comment?: string;
  /** Milliseconds since the epoch when it came. */
  at: number;
}

/** Whether it is the last word of a stream that ends before its time, which is of no log. */
export function isFarewell(frame: Frame): boolean {
  return frame.data?.startsWith('{"type":"message",') ?? false;
}

/** Whether a frame carries an event of an execution, and not a heartbeat, a farewell, a comment or a mere cursor. */
export function isEvent(frame: Frame): frame is Frame & { data: string } {
  return frame.data !== undefined && frame.data !== '{"type":"heartbeat"}' && !isFarewell(frame);
}

export function eventOf(frame: Frame & { data: string }): ExecutionEvent {
  return JSON.parse(frame.data) as ExecutionEvent;
}

type Wanted = EventType | 'heartbeat' | ((frame: Frame) => boolean);

export class EventReader {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly frames: Frame[] = [];
  /** Bytes of the body. */
  received = 0;
  /** `end` where the server ended the response, `cut` where the line broke before. */
  readonly ended: Promise<'end' | 'cut'>;
  private rest = '';
  private isEnded = false;
  private readonly waiting = new Set<() => void>();

  constructor(private readonly response: IncomingMessage) {
    this.status = response.statusCode as number;
    this.headers = response.headers;
    response.setEncoding('utf8');
    response.on('data', (text: string) => this.take(text));
    this.ended = new Promise((resolve) => {
      const end = (how: 'end' | 'cut') => {
        this.isEnded = true;
        this.look();
        resolve(how);
      };
      response.once('end', () => end('end'));
      response.once('error', () => end('cut'));
      response.once('close', () => end('cut'));
    });
  }

  /** The events of executions, in the order they came. */
  get events(): ExecutionEvent[] {
    return this.frames.filter(isEvent).map(eventOf);
  }

  /** The last id, as a browser would send it on. */
  get lastEventId(): string | undefined {
    return this.frames.findLast((frame) => frame.id !== undefined)?.id;
  }

  /** What came after the last whole frame: the start of one that was cut, or a body that is no stream. */
  get remainder(): string {
    return this.rest.replace(/^\n+/, '');
  }

  /** The first frame that is wanted, come or to come. Rejects where the stream ends without it. */
  until(wanted: Wanted, from = 0): Promise<Frame> {
    const test = typeof wanted === 'function' ? wanted : (frame: Frame) => frame.event === wanted;
    const name = typeof wanted === 'function' ? String(wanted) : wanted;
    const found = new Promise<Frame>((resolve, reject) => {
      const look = () => {
        const frame = this.frames.slice(from).find(test);
        if (!frame && !this.isEnded) return;
        this.waiting.delete(look);
        if (frame) resolve(frame);
        else reject(new Error(`the stream ended without ${name}; it had ${this.summary()}`));
      };
      this.waiting.add(look);
      look();
    });
    return within(found, () => `${name} (the stream had ${this.summary()})`);
  }

  /** The event of that type and step. */
  async untilEvent<T extends EventType>(type: T, stepId?: string): Promise<Extract<ExecutionEvent, { type: T }>> {
    const frame = await this.until((each) => each.event === type && isEvent(each) && (stepId === undefined || eventOf(each).step?.id === stepId));
    return eventOf(frame as Frame & { data: string }) as Extract<ExecutionEvent, { type: T }>;
  }

  whenEnded(): Promise<'end' | 'cut'> {
    return within(this.ended, () => `the end of the stream (it had ${this.summary()})`);
  }

  /** The whole body of an answer that is no stream. */
  async body(): Promise<string> {
    await this.whenEnded();
    return this.frames.map(({ raw }) => `${raw}\n\n`).join('') + this.rest;
  }

  /** Stops reading: what comes stays in the socket's buffers, until they are full. */
  pause(): void {
    this.response.pause();
  }

  resume(): void {
    this.response.resume();
  }

  /** Goes away without a word, as a closed browser tab does. */
  close(): void {
    this.response.destroy();
  }

  private summary(): string {
    return this.frames.map(({ event, comment, raw }) => event ?? comment ?? raw).join(', ').slice(0, 1000) || 'nothing';
  }

  private take(text: string): void {
    this.received += Buffer.byteLength(text);
    const blocks = (this.rest + text).split('\n\n');
    this.rest = blocks.pop() as string;
    for (const block of blocks) {
      // An empty line that closes nothing: the server may send one ahead, to have something to send.
      const raw = block.replace(/^\n+/, '');
      if (raw !== '') this.frames.push(parse(raw));
    }
    this.look();
  }

  private look(): void {
    for (const look of [...this.waiting]) look();
  }
}

function parse(raw: string): Frame {
  const frame: Frame = { raw, at: Date.now() };
  for (const line of raw.split('\n')) {
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (colon === 0) frame.comment = value;
    else if (name === 'data') frame.data = frame.data === undefined ? value : `${frame.data}\n${value}`;
    else if (name === 'event' || name === 'id' || name === 'retry') frame[name] = value;
    else if (name !== '') throw new Error(`no field of an event stream: ${JSON.stringify(line)}`);
  }
  return frame;
}
