/**
 * Whether a token is meant to be shown to a service. Issuers sign others with the same keys: ID tokens for the page that
 * signs a user in, refresh tokens, notices of a logout. Their type tells (RFC 8725, 3.11; RFC 9068), or a claim that access
 * tokens do not have. A token that says nothing of its kind is taken for what it is sent as.
 */
import { type JWTHeaderParameters, type JWTPayload } from 'jose';

/** Of access tokens: with RFC 9068, and from issuers that are older. */
const ACCESS_TYPES: ReadonlySet<string> = new Set(['jwt', 'at+jwt']);
/** Of ID tokens (OpenID Connect), and of notices such as that of a logout (RFC 8417). */
const FOREIGN_CLAIMS = ['at_hash', 'c_hash', 'events'] as const;
/** How Keycloak names its other kinds in the claim `typ`, and Cognito in `token_use`. */
const FOREIGN_KINDS: ReadonlySet<string> = new Set(['id', 'refresh', 'offline', 'logout']);

/** What tells that the token is of another kind; nothing where it is an access token, or may be one. */
export function foreignKindOf({ typ }: Partial<JWTHeaderParameters>, claims: JWTPayload): string | undefined {
  // What the types of the library say of both is no more than what was meant: they hold whatever was signed.
  if (typ !== undefined && !ACCESS_TYPES.has(textOf(typ).toLowerCase().replace(/^application\//, ''))) return 'its type (typ)';
  const foreign = FOREIGN_CLAIMS.find((name) => claims[name] !== undefined);
  if (foreign !== undefined) return `its claim ${foreign}`;
  return (['typ', 'token_use'] as const).map((name) => (FOREIGN_KINDS.has(textOf(claims[name]).toLowerCase()) ? `its claim ${name}` : undefined)).find((told) => told !== undefined);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
