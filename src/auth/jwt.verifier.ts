import { createSecretKey, type KeyObject } from 'node:crypto';
import { type errors as joseErrors, type JWTPayload, type JWTVerifyOptions } from 'jose';
import { StepcastError } from '../contract/errors.js';
import { isUserName, type Principal } from './principal.js';
import { credentialIdOf, hashSecret } from './secret-hash.js';

export interface JwtOptions {
  /** HS256 secret of at least 32 bytes; a string stands for its UTF-8 bytes. */
  secret: string | Uint8Array;
  /** Where given, the token's `iss` must be one of them. */
  issuer?: string | string[];
  /** Where given, the token's `aud` must hold one of them. */
  audience?: string | string[];
  /** The time, in milliseconds since the epoch. */
  now?: () => number;
}

/** How far clocks may differ: a token is taken this long after its `exp` and before its `nbf`. */
export const CLOCK_TOLERANCE_SECONDS = 30;

const MIN_SECRET_BYTES = 32;
/** The last moment a Date can hold; an `exp` beyond it means the same. */
const LAST_MOMENT = 8.64e15;

/** Checks bearer tokens: JWTs signed with HS256, with `exp` and, in `sub`, the user. */
export class JwtVerifier {
  /** Unlike bytes, a key object does not show its content when it is printed. */
  private readonly secret: KeyObject;
  private readonly checks: JWTVerifyOptions;
  private readonly now: () => number;

  /** @throws StepcastError `invalid_input` where the secret is too short. */
  constructor({ secret, issuer, audience, now = Date.now }: JwtOptions) {
    const bytes = Buffer.from(secret);
    if (bytes.length < MIN_SECRET_BYTES) {
      throw new StepcastError('invalid_input', `the JWT secret has ${bytes.length} bytes; give one of at least ${MIN_SECRET_BYTES}`);
    }
    this.secret = createSecretKey(bytes);
    this.now = now;
    this.checks = {
      // Named here and not taken from the token: `none` and every other algorithm is refused.
      algorithms: ['HS256'],
      requiredClaims: ['exp', 'sub'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      ...(issuer !== undefined && { issuer }),
      ...(audience !== undefined && { audience }),
    };
  }

  /** @throws StepcastError `unauthenticated`; the message tells what is wrong with the token, and holds nothing of it. */
  async verify(token: string): Promise<Principal> {
    const { sub, exp, roles } = await this.claims(token);
    if (!isUserName(sub)) {
      throw refusal("the token's sub claim does not name a user; it must be a string of 1 to 200 characters, none of them a control character");
    }
    return Object.freeze({
      user: sub,
      roles: Object.freeze(isStringList(roles) ? [...roles] : []),
      expiresAt: Math.min((exp as number) * 1000, LAST_MOMENT),
      method: 'jwt',
      credentialId: credentialIdOf(hashSecret(token)),
    });
  }

  /** Whether the token that `principal` came with has not expired, by the same tolerance as `verify`. */
  isStillValid(principal: Principal): boolean {
    return principal.expiresAt !== undefined && this.now() < principal.expiresAt + CLOCK_TOLERANCE_SECONDS * 1000;
  }

  private async claims(token: string): Promise<JWTPayload> {
    // Loaded for the first token: where only API keys are sent it is never needed.
    const { errors, jwtVerify } = await import('jose');
    try {
      const { payload } = await jwtVerify(token, this.secret, { ...this.checks, currentDate: new Date(this.now()) });
      return payload;
    } catch (error) {
      throw explain(error, errors);
    }
  }
}

// The library's error is not kept as the cause: it holds the token's claims, and would carry them into logs.
function explain(error: unknown, errors: typeof joseErrors): unknown {
  if (error instanceof errors.JWTExpired) return refusal('the token has expired; get a new one');
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'nbf' && error.reason === 'check_failed') return refusal('the token is not valid yet (nbf); check the clock of its issuer');
    const faults: Record<string, string> = { missing: 'is missing', invalid: 'is of the wrong type' };
    const fault = faults[error.reason] ?? 'is not the one this server takes';
    return refusal(`the token's ${error.claim} claim ${fault}; get a token that was made for this server`);
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return refusal("the token's signature does not match; it must be signed with this server's secret");
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return refusal('the token is not signed with HS256; get one that is');
  if (error instanceof errors.JOSEError) return refusal('the token is malformed; Bearer takes a JWT, and an API key belongs in X-API-Key');
  return error;
}

function refusal(message: string): StepcastError {
  return new StepcastError('unauthenticated', message);
}

function isStringList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
