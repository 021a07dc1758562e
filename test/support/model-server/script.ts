/** What the model server answers, written by a test: the same words for every provider, in each one's own format on the wire. */
import { type JsonValue } from '../../../src/contract/json.js';
import { type Exchange } from './exchange.js';

/** Why a provider refuses a request, or gives up an answer. */
export const FAULTS = ['auth', 'rate_limited', 'quota', 'context_length', 'content_filter', 'overloaded', 'server_error', 'model_not_found', 'invalid_request'] as const;
export type FaultName = (typeof FAULTS)[number];

/** Tokens as people count them: `input` with what came from the cache, `output` with what was reasoning. */
export interface WireUsage {
  input: number;
  output: number;
  cached?: number;
  reasoning?: number;
}

export type Finish = 'stop' | 'length' | 'content_filter';

/** What an answer is made of, in the order it is sent. */
export type Piece =
  | { text: string }
  | { reasoning: string }
  /** A call of a tool; its input goes out in `pieces`, where the provider streams inputs at all. */
  | { call: string; input: JsonValue; id?: string; pieces?: number }
  /** A call whose input is no JSON, as models write it now and then. Gemini can't: its inputs are JSON on the wire. */
  | { call: string; written: string; id?: string; pieces?: number }
  /** Structured output, in the way the request has asked for it: as text, or as the input of a tool. */
  | { json: JsonValue; pieces?: number }
  /** Nothing more is sent until this is settled: slow tokens whose pace is the test's. */
  | { until: Promise<unknown> }
  /** Data of one event as it stands: malformed JSON, or JSON that is no event of the provider. */
  | { raw: string }
  /** A comment line, as proxies send to keep a connection alive. */
  | { comment: string }
  /** The provider's own error event, after the head with status 200 has gone out; nothing comes after. */
  | { error: FaultName }
  /** The socket is destroyed. */
  | { cut: true }
  /** The body ends like any other, but without what says that the answer is complete. */
  | { end: true }
  /** Nothing more is ever sent. */
  | { hang: true };

export interface Generation {
  pieces: readonly Piece[];
  /** Default `stop`; where a tool is called, the provider's word for that. */
  finish?: Finish;
  /** Default 10 tokens in, and one for each delta out. */
  usage?: WireUsage;
  /** Writes the body in parts of so many bytes, which end anywhere: within an event, within a character. */
  shredTo?: number;
}

/** The request is refused, in the provider's words. */
export interface Refusal {
  fail: FaultName;
  /** Told in the way of the provider: headers, or details in the body. */
  retryAfterSeconds?: number;
  message?: string;
}

/** An answer that no provider's words are needed for, such as a proxy's. */
export interface RawAnswer {
  status: number;
  headers?: Record<string, string>;
  body: string;
}

export type Answer =
  | Generation
  | Refusal
  | RawAnswer
  /** No answer ever comes. */
  | { hang: true }
  /** The socket is destroyed before anything is sent. */
  | { cut: true };

/** An answer that depends on what is asked. */
export type AnswerOf = (exchange: Exchange) => Answer;

/** Text, delta by delta. */
export function say(...deltas: string[]): Generation {
  return { pieces: deltas.map((text) => ({ text })) };
}

/** Any pieces; strings are text. */
export function answer(pieces: readonly (Piece | string)[], more: Omit<Generation, 'pieces'> = {}): Generation {
  return { pieces: pieces.map((piece) => (typeof piece === 'string' ? { text: piece } : piece)), ...more };
}

/** Cuts a text into so many parts. */
export function partsOf(text: string, count: number): string[] {
  const size = Math.max(1, Math.ceil(text.length / count));
  return Array.from({ length: Math.ceil(text.length / size) }, (_, i) => text.slice(i * size, (i + 1) * size));
}
