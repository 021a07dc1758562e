import { type Principal } from './principal.js';

/** What a bearer token says of whoever shows it. */
export interface TokenIdentity {
  /** 1 to 200 characters, none of them a control character. */
  user: string;
  /** Default none. */
  roles?: readonly string[];
  /** What the token is limited to; absent, it is good for all that the roles allow. */
  scopes?: readonly string[];
  /** Milliseconds since the epoch. */
  expiresAt?: number;
}

/**
 * Says whose a bearer token is. `DefaultAuthenticator` asks it about what stands behind `Authorization: Bearer`, beside
 * the keys in `X-API-Key`, which stay as they are: an app whose users bring tokens of another kind than JWTs gives its own
 * (option `tokenVerifier`). An app that knows its users in another way altogether gives an `Authenticator`. This class
 * is the DI token.
 */
export abstract class TokenVerifier {
  /** @throws StepcastError `unauthenticated` where it is not taken, `authentication_unavailable` where nobody can tell for now. */
  abstract verify(token: string): Promise<TokenIdentity>;

  /**
   * Whether a token that was taken before still would be: asked again and again while streams are open (P15). Until its
   * end, unless told otherwise; where tokens can be revoked, this has to look.
   */
  async isStillValid(principal: Principal): Promise<boolean> {
    return principal.expiresAt === undefined || Date.now() < principal.expiresAt;
  }
}
