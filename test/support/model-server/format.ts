/** What each provider's format must say. One file a provider lies in `formats/`; they keep nothing but what the provider keeps. */
import { type JsonValue } from '../../../src/contract/json.js';
import { type Exchange } from './exchange.js';
import { type Finish, type Refusal, type WireUsage } from './script.js';

/** One event of the stream; `data` that is no string is sent as JSON. */
export interface WireEvent {
  event?: string;
  data: JsonValue | object;
}

export interface WireAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export interface ToolCallOnWire {
  id: string | undefined;
  tool: string;
  /** The JSON of the input, in parts. */
  parts: readonly string[];
}

/** The events of one answer, made as they are asked for. */
export interface WireStream {
  open(): WireEvent[];
  text(delta: string): WireEvent[];
  reasoning(delta: string): WireEvent[];
  call(call: ToolCallOnWire): WireEvent[];
  /** Structured output. */
  json(parts: readonly string[]): WireEvent[];
  close(finish: Finish): WireEvent[];
  /** The error event of the provider. */
  error(refusal: Refusal): WireEvent[];
}

export interface WireFormat {
  /** The path of its base URL. */
  readonly base: string;
  readonly newline: '\n' | '\r\n';
  /** Headers of an answer that streams. */
  readonly headers: Record<string, string>;
  /** The model that a POST to the path (below the base) is for; undefined where the format has no such path. */
  modelOf(path: string, body: { model?: string }): string | undefined;
  /** Why the provider would refuse the request, if it would; a test that has not foreseen it fails by it. */
  check(exchange: Exchange, key: string): Refusal | undefined;
  /** @param usage What the answer will have used, all in all. */
  stream(exchange: Exchange, usage: WireUsage): WireStream;
  refuse(refusal: Refusal, exchange: Pick<Exchange, 'model'>): WireAnswer;
}

let count = 0;

/** An id like the provider's, unique in this process. */
export function wireId(prefix: string): string {
  return prefix + (++count).toString(36).padStart(24, '0');
}

export function encode({ event, data }: WireEvent, newline: string): string {
  return `${event === undefined ? '' : `event: ${event}${newline}`}data: ${typeof data === 'string' ? data : JSON.stringify(data)}${newline}${newline}`;
}

export function jsonAnswer(status: number, body: object, headers: Record<string, string> = {}): WireAnswer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}
