import { createSecretKey } from 'node:crypto';
import { type errors as joseErrors, type JWTPayload, type JWTVerifyGetKey, type JWTVerifyOptions } from 'jose';
import { StepcastError } from '../contract/errors.js';
import { Jwks, type JwksOptions } from './jwks.js';
import { isUserName, type Principal } from './principal.js';
import { scopesOf } from './scopes.js';
import { foreignKindOf } from './token.kind.js';
import { type TokenIdentity, TokenVerifier } from './token.verifier.js';

export interface JwtClaimOptions {
  /** Where given, the token's `iss` must be one of them. */
  issuer?: string | string[];
  /** Where given, the token's `aud` must hold one of them. Without it, tokens that were made for other services are taken too. */
  audience?: string | string[];
  /** The time, in milliseconds since the epoch. */
  now?: () => number;
}

export interface JwtSecretOptions extends JwtClaimOptions {
  /** HS256 secret of at least 32 bytes; a string stands for its UTF-8 bytes. */
  secret: string | Uint8Array;
}

export interface JwksUrlOptions extends JwtClaimOptions {
  /** Where the issuer's public keys are (a JSON Web Key Set). */
  jwksUrl: string;
  /** Of `JWKS_ALGORITHMS`; default all of them. */
  algorithms?: string[];
  /** How long keys are kept, and when they are fetched anew. */
  caching?: Omit<JwksOptions, 'url'>;
}

export type JwtOptions = JwtSecretOptions | JwksUrlOptions;

/** Signatures by key pairs. HMAC is none of them: whoever has the public key could sign by it. */
export const JWKS_ALGORITHMS: readonly string[] = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];

/** How far clocks may differ: a token is taken this long after its `exp` and before its `nbf`. */
const CLOCK_TOLERANCE_SECONDS = 30;

const MIN_SECRET_BYTES = 32;
/** The last moment a Date can hold; an `exp` beyond it means the same. */
const LAST_MOMENT = 8.64e15;

/** Checks bearer tokens: JWTs signed by a secret or by a key of their issuer, with `exp` and, in `sub`, the user. */
export class JwtVerifier extends TokenVerifier {
  private readonly keyOf: JWTVerifyGetKey;
  private readonly checks: JWTVerifyOptions & { algorithms: string[] };
  private readonly now: () => number;

  /** @throws StepcastError `invalid_input` where the secret is too short, the URL is none, or an algorithm is not known. */
  constructor(options: JwtOptions) {
    super();
    const { issuer, audience, now = Date.now } = options;
    const { keyOf, algorithms } = 'secret' in options ? bySecret(options) : byUrl(options);
    this.keyOf = keyOf;
    this.now = now;
    this.checks = {
      // Named here and not taken from the token: `none` and every other algorithm is refused.
      algorithms,
      requiredClaims: ['exp', 'sub'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      ...(issuer !== undefined && { issuer }),
      ...(audience !== undefined && { audience }),
    };
  }

  /** The messages tell what is wrong with the token, and hold nothing of it. */
  async verify(token: string): Promise<TokenIdentity> {
    const { sub, exp, roles, ...claims } = await this.claims(token);
    if (!isUserName(sub)) {
      throw refusal("the token's sub claim does not name a user; it must be a string of 1 to 200 characters, none of them a control character");
    }
    const limit = limitOf(claims);
    return {
      user: sub,
      roles: isStringList(roles) ? [...roles] : [],
      ...(limit && { scopes: limit }),
      expiresAt: Math.min((exp as number) * 1000, LAST_MOMENT),
    };
  }

  /** Whether the token that `principal` came with has not expired, by the same tolerance as `verify`; needs no keys. */
  override async isStillValid(principal: Principal): Promise<boolean> {
    return principal.expiresAt !== undefined && this.now() < principal.expiresAt + CLOCK_TOLERANCE_SECONDS * 1000;
  }

  private async claims(token: string): Promise<JWTPayload> {
    // Loaded for the first token: where only API keys are sent it is never needed.
    const { errors, jwtVerify } = await import('jose');
    try {
      const { payload, protectedHeader } = await jwtVerify(token, this.keyOf, { ...this.checks, currentDate: new Date(this.now()) });
      const foreign = foreignKindOf(protectedHeader, payload);
      if (foreign !== undefined) throw refusal(`the token is none to show to a service, as ${foreign} says; send an access token`);
      return payload;
    } catch (error) {
      throw this.explain(error, errors);
    }
  }

  // The library's error is not kept as the cause: it holds the token's claims, and would carry them into logs.
  private explain(error: unknown, errors: typeof joseErrors): unknown {
    if (error instanceof errors.JWTExpired) return refusal('the token has expired; get a new one');
    if (error instanceof errors.JWTClaimValidationFailed) {
      if (error.claim === 'nbf' && error.reason === 'check_failed') return refusal('the token is not valid yet (nbf); check the clock of its issuer');
      const faults: Record<string, string> = { missing: 'is missing', invalid: 'is of the wrong type' };
      const fault = faults[error.reason] ?? 'is not the one this server takes';
      return refusal(`the token's ${error.claim} claim ${fault}; get a token that was made for this server`);
    }
    if (error instanceof errors.JWSSignatureVerificationFailed) {
      return refusal("the token's signature does not match; it must be signed with this server's secret or by a key of its issuer");
    }
    if (error instanceof errors.JOSEAlgNotAllowed) return refusal(`the token is not signed with ${this.checks.algorithms.join(', ')}; get one that is`);
    if (error instanceof errors.JWKSNoMatchingKey) return refusal('the token is signed by a key that its issuer does not list; get a new one');
    if (error instanceof errors.JWKSMultipleMatchingKeys) return refusal('the token does not say by which key it is signed (kid), and several could have; get one that does');
    if (error instanceof errors.JOSEError) return refusal('the token is malformed; Bearer takes a JWT, and an API key belongs in X-API-Key');
    return error;
  }
}

interface Keys {
  keyOf: JWTVerifyGetKey;
  algorithms: string[];
}

function bySecret({ secret }: JwtSecretOptions): Keys {
  const bytes = Buffer.from(secret);
  if (bytes.length < MIN_SECRET_BYTES) {
    throw new StepcastError('invalid_input', `the JWT secret has ${bytes.length} bytes; give one of at least ${MIN_SECRET_BYTES}`);
  }
  // Unlike bytes, a key object does not show its content when it is printed.
  const key = createSecretKey(bytes);
  return { keyOf: () => key, algorithms: ['HS256'] };
}

function byUrl({ jwksUrl, algorithms = [...JWKS_ALGORITHMS], caching }: JwksUrlOptions): Keys {
  if (!/^https?:$/.test(URL.parse(jwksUrl)?.protocol ?? '')) throw new StepcastError('invalid_input', 'the URL of the JWT keys is no http or https URL');
  const unknown = algorithms.filter((name) => !JWKS_ALGORITHMS.includes(name));
  if (unknown.length || algorithms.length === 0) throw new StepcastError('invalid_input', `the JWT algorithms must be of ${JWKS_ALGORITHMS.join(', ')}`);
  return { keyOf: new Jwks({ ...caching, url: jwksUrl }).keyOf, algorithms };
}

/** What an operator should know of these options, each in a sentence: what is taken that may not be meant to. */
export function jwtWarnings(options: JwtOptions): string[] {
  if (!('jwksUrl' in options)) return [];
  const { protocol, hostname } = new URL(options.jwksUrl);
  const isOnTheWay = protocol === 'http:' && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  return [
    ...(options.issuer === undefined || options.audience === undefined ? ['JWTs are taken whoever they were made for or by, as long as their key is listed; set the issuer and the audience (STEPCAST_JWT_ISSUER, STEPCAST_JWT_AUDIENCE)'] : []),
    ...(isOnTheWay ? ['the keys of JWTs are fetched by http, where whoever is on the way can put in their own; give an https URL'] : []),
  ];
}

/** @throws StepcastError `unauthenticated` */
function limitOf(claims: JWTPayload): readonly string[] | undefined {
  try {
    return scopesOf(claims as { scope?: unknown; scopes?: unknown });
  } catch {
    throw refusal("the token's scope claim is of the wrong type; it must be a text with spaces between the scopes, or a list of them as scopes");
  }
}

function refusal(message: string): StepcastError {
  return new StepcastError('unauthenticated', message);
}

function isStringList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
