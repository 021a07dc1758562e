/** Who makes a request, and what is theirs. */

/** `jwt` stands for bearer tokens of any kind, `custom` for what an authenticator of the app's own looks at. */
export type AuthMethod = 'api_key' | 'jwt' | 'ticket' | 'custom';

export interface Principal {
  /** Owner of what this request makes. */
  user: string;
  roles: readonly string[];
  /** What the credential is limited to; absent, it is good for all that the roles allow. */
  scopes?: readonly string[];
  /** Milliseconds since the epoch after which the credential is void; absent where it has no end of its own. */
  expiresAt?: number;
  method: AuthMethod;
  /**
   * Names the credential without giving it away. It stands in the audit log: an authenticator of your own gives an id or a hash
   * here, never the secret itself. Stepcast's own give the first 12 hex digits of its SHA-256. For logs and checks, not for clients.
   */
  credentialId: string;
  /** Where `method` is `ticket`: how whoever asked for the ticket had authenticated. */
  origin?: Exclude<AuthMethod, 'ticket'>;
}

export function isAdmin(principal: Principal): boolean {
  return principal.roles.includes('admin');
}

/** Whether what belongs to `owner` exists for this principal; where not, the answer is 404. */
export function canAccess(principal: Principal, owner: string): boolean {
  return principal.user === owner || isAdmin(principal);
}

const MAX_USER_LENGTH = 200;

/**
 * Whether `value` can name a user: a string of 1 to 200 UTF-16 units, without control characters. Lone surrogates are
 * refused, because UTF-8 turns all of them into the same character, and so two users into one.
 */
export function isUserName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_USER_LENGTH && value.isWellFormed() && !/\p{Cc}/u.test(value);
}
