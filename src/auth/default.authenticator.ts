import { StepcastError } from '../contract/errors.js';
import { type ApiKeyStore } from './api-key.store.js';
import { type AuthenticationRequest, Authenticator } from './authenticator.js';
import { type JwtVerifier } from './jwt.verifier.js';
import { type Principal } from './principal.js';
import { singleHeader } from './single-header.js';

/** At least one of the two. */
export interface DefaultAuthenticatorOptions {
  /** What `X-API-Key` is looked up in. */
  apiKeys?: ApiKeyStore;
  /** What checks `Authorization: Bearer`. */
  jwt?: JwtVerifier;
}

/** Users by API key (`X-API-Key`) and by JWT (`Authorization: Bearer`); each header takes its own kind alone. */
export class DefaultAuthenticator extends Authenticator {
  private readonly apiKeys: ApiKeyStore | undefined;
  private readonly jwt: JwtVerifier | undefined;
  /** What a client can send, for messages. */
  private readonly remedy: string;

  /** @throws StepcastError `invalid_input` without either: nobody could ever come in. */
  constructor({ apiKeys, jwt }: DefaultAuthenticatorOptions) {
    super();
    if (!apiKeys && !jwt) throw new StepcastError('invalid_input', 'nobody can authenticate; give API keys, a JWT secret or both');
    this.apiKeys = apiKeys;
    this.jwt = jwt;
    this.remedy = [apiKeys && '"X-API-Key: <key>"', jwt && '"Authorization: Bearer <JWT>"'].filter(Boolean).join(' or ');
  }

  async authenticate(request: AuthenticationRequest): Promise<Principal> {
    const key = singleHeader(request, 'x-api-key');
    const authorization = singleHeader(request, 'authorization');
    // Two credentials could name two users, and every rule which of them wins surprises someone.
    if (key !== undefined && authorization !== undefined) {
      throw new StepcastError('unauthenticated', 'both X-API-Key and Authorization were sent; send one of them');
    }
    if (key !== undefined) return this.byKey(key);
    if (authorization !== undefined) return this.byToken(authorization);
    throw new StepcastError('unauthenticated', `this needs a user; send ${this.remedy}`);
  }

  async isStillValid(principal: Principal): Promise<boolean> {
    switch (principal.method === 'ticket' ? principal.origin : principal.method) {
      case 'api_key':
        return this.apiKeys?.holds(principal) ?? false;
      case 'jwt':
        return this.jwt?.isStillValid(principal) ?? false;
      default:
        return false;
    }
  }

  private byKey(key: string): Principal {
    if (!this.apiKeys) throw new StepcastError('unauthenticated', `API keys are not taken here; send ${this.remedy}`);
    const principal = this.apiKeys.find(key);
    if (!principal) {
      throw new StepcastError('unauthenticated', 'the API key is not known here; check it for a slip, or ask for a new one');
    }
    return principal;
  }

  private byToken(authorization: string): Promise<Principal> {
    if (!this.jwt) throw new StepcastError('unauthenticated', `the Authorization header is not taken here; send ${this.remedy}`);
    const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    if (token === undefined) {
      throw new StepcastError('unauthenticated', `the Authorization header does not hold a bearer token; send ${this.remedy}`);
    }
    return this.jwt.verify(token);
  }
}
