import { type Principal } from './principal.js';

/** What an authenticator sees of a request. Header names are in lower case. */
export interface AuthenticationRequest {
  headers: Record<string, string | string[] | undefined>;
  /** Names and values in turn, as they were sent: `headers` no longer shows that a field was repeated. */
  rawHeaders?: readonly string[];
}

/** Value of `WWW-Authenticate` on a 401 (RFC 9110, RFC 6750). */
export const AUTHENTICATION_CHALLENGE = 'Bearer realm="stepcast"';

/**
 * Tells who makes a request. This class is the DI token: an app that knows its users in a way of its own gives a
 * subclass, which answers principals with `method: 'custom'`. Where it is only that its bearer tokens are of another
 * kind, a `TokenVerifier` is enough.
 */
export abstract class Authenticator {
  /** @throws StepcastError `unauthenticated`; its message says what to send instead, and never repeats a secret. */
  abstract authenticate(request: AuthenticationRequest): Promise<Principal>;

  /**
   * Whether what `principal` once showed would still be taken: asked again and again while a stream is open, so that
   * an expired token or a removed key ends it (P15). A principal with `method: 'ticket'` stands for the credential of
   * whoever asked for the ticket, whose kind is in `origin`.
   */
  abstract isStillValid(principal: Principal): Promise<boolean>;
}
