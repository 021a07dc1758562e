/** Types of stream.js, for tests; the browser gets the JavaScript as it stands. */
import { type ExecutionEvent } from '../contract/events.js';

export interface SseMessage {
  type: string;
  data: string;
  id: string;
}

export declare class SseParser {
  lastEventId: string;
  push(text: string): SseMessage[];
}

export declare function backoffMs(failures: number, random: number, baseMs?: number, maxMs?: number): number;

export declare class StreamRefused extends Error {
  constructor(status: number, problem: { code?: string; detail?: string } | undefined);
  status: number;
  code: string | undefined;
}

export type Connection = { state: 'connecting' | 'live' | 'ended' } | { state: 'waiting'; delayMs: number };

export interface StreamOptions {
  /** Of the stream, without query. */
  url: string;
  headers: Record<string, string>;
  /** Seq after which to begin; default 0. */
  after?: number;
  onEvent: (event: ExecutionEvent) => void;
  onConnection: (connection: Connection) => void;
  fetch?: typeof globalThis.fetch;
  random?: () => number;
  backoff?: (failures: number, random: number) => number;
  /** Milliseconds of silence after which a line counts as dead, until a heartbeat tells better. */
  stallMs?: number;
}

export declare class ExecutionStream {
  constructor(options: StreamOptions);
  run(): Promise<void>;
  retryNow(): void;
  close(): void;
}
