import { type Principal } from '../../auth/principal.js';
import { StepcastError } from '../../contract/errors.js';

/**
 * Why a stream ends that could have gone on. Before the first byte it is refused like any request; later the reader is
 * told in a last `message`, which is of no log, and so without a `seq`.
 */
export class StreamEnd extends StepcastError {
  /** The key or token that it was opened with is not taken any more. */
  static lostRight({ method, origin, expiresAt }: Principal, now: number): StreamEnd {
    const credential = (origin ?? method) === 'api_key' ? 'key' : (origin ?? method) === 'jwt' ? 'token' : 'credential';
    const fate = expiresAt !== undefined && now >= expiresAt ? 'has expired' : 'is not taken any more';
    return new StreamEnd('unauthenticated', `the ${credential} that this stream was opened with ${fate}; authenticate anew and resume with the last id`);
  }

  /** Whether it still would be taken, nobody can tell. */
  static unknownRight(): StreamEnd {
    return new StreamEnd('authentication_unavailable', 'whether this stream may go on cannot be told at the moment; reconnect, and resume with the last id');
  }

  /** For protocols that take a response which just ends for a success; the events themselves simply end. */
  static shuttingDown(): StreamEnd {
    return new StreamEnd('shutting_down', 'the service is shutting down, and the execution goes on after its restart; reconnect in a moment');
  }
}

/** A stream that must not look complete and cannot say so: its connection is broken off. */
export class StreamBreak extends StepcastError {
  constructor(message: string) {
    super('conflict', message);
  }
}
