import { StepcastError } from '../contract/errors.js';
import { type ApiKeyStore } from './api-key.store.js';
import { type AuthenticationRequest, Authenticator } from './authenticator.js';
import { type ManagedKeys } from './managed-keys.js';
import { isUserName, type Principal } from './principal.js';
import { credentialIdOf, hashSecret } from './secret-hash.js';
import { singleHeader } from './single-header.js';
import { type TokenVerifier } from './token.verifier.js';

/** At least one of the first two: keys are added by someone who is in already. */
export interface DefaultAuthenticatorOptions {
  /** What `X-API-Key` is looked up in. */
  apiKeys?: ApiKeyStore;
  /** What checks `Authorization: Bearer`. */
  tokens?: TokenVerifier;
  /** Keys that were added at run time, which `X-API-Key` is looked up in too. */
  managedKeys?: ManagedKeys;
}

/** Users by API key (`X-API-Key`) and by token (`Authorization: Bearer`); each header takes its own kind alone. */
export class DefaultAuthenticator extends Authenticator {
  private readonly apiKeys: ApiKeyStore | undefined;
  private readonly tokens: TokenVerifier | undefined;
  private readonly managedKeys: ManagedKeys | undefined;
  /** What a client can send, for messages. */
  private readonly remedy: string;

  /** @throws StepcastError `invalid_input` without either: nobody could ever come in. */
  constructor({ apiKeys, tokens, managedKeys }: DefaultAuthenticatorOptions) {
    super();
    if (!apiKeys && !tokens) throw new StepcastError('invalid_input', 'nobody can authenticate; give API keys, a JWT secret, the URL of JWT keys, or a verifier of tokens');
    this.apiKeys = apiKeys;
    this.tokens = tokens;
    this.managedKeys = managedKeys;
    this.remedy = [(apiKeys || managedKeys) && '"X-API-Key: <key>"', tokens && '"Authorization: Bearer <JWT>"'].filter(Boolean).join(' or ');
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
        return (this.apiKeys?.holds(principal) || (await this.managedKeys?.holds(principal))) ?? false;
      case 'jwt':
        return this.tokens?.isStillValid(principal) ?? false;
      default:
        return false;
    }
  }

  private async byKey(key: string): Promise<Principal> {
    if (!this.apiKeys && !this.managedKeys) throw new StepcastError('unauthenticated', `API keys are not taken here; send ${this.remedy}`);
    const principal = this.apiKeys?.find(key) ?? (await this.managedKeys?.find(key));
    if (!principal) {
      throw new StepcastError('unauthenticated', 'the API key is not known here; check it for a slip, or ask for a new one');
    }
    return principal;
  }

  private async byToken(authorization: string): Promise<Principal> {
    if (!this.tokens) throw new StepcastError('unauthenticated', `the Authorization header is not taken here; send ${this.remedy}`);
    const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    if (token === undefined) {
      throw new StepcastError('unauthenticated', `the Authorization header does not hold a bearer token; send ${this.remedy}`);
    }
    const { user, roles = [], scopes, expiresAt } = await this.tokens.verify(token);
    if (!isUserName(user)) throw new StepcastError('unauthenticated', 'the token does not name a user by 1 to 200 characters, none of them a control character');
    return Object.freeze({
      user, roles: Object.freeze([...roles]), ...(scopes && { scopes: Object.freeze([...scopes]) }), ...(expiresAt !== undefined && { expiresAt }),
      method: 'jwt', credentialId: credentialIdOf(hashSecret(token)),
    });
  }
}
