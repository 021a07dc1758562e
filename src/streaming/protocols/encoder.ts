import { type ExecutionEvent } from '../../contract/events.js';

/** Why a stream ends before its execution has. */
export interface Farewell {
  code: string;
  message: string;
}

/**
 * The stream of one execution for one reader, in the words of a protocol. It is given every event from the first on and
 * answers what goes over the wire; it knows nothing of the wire.
 */
export interface Encoder {
  /** The stream is at its end: nothing may follow. */
  readonly ended: boolean;
  /** Takes in an event that the reader is not sent as such: it has seen it, or is told of it in `begin`. */
  skip(event: ExecutionEvent): void;
  /** What comes first; after all that is skipped. */
  begin(): string;
  encode(event: ExecutionEvent): string;
  /** At the live end: where nothing more comes until a person answers, and the protocol ends a turn there, its last words. */
  pause(): string;
  /** The last words where the stream ends too early; nothing where the protocol has none, so that the line has to break. */
  cut(why: Farewell): string | undefined;
}
