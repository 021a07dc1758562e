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
}
