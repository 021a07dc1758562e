import { type ApiKeyEntry } from './api-key.store.js';
import { type Authenticator } from './authenticator.js';
import { type JwtOptions } from './jwt.verifier.js';
import { type TokenVerifier } from './token.verifier.js';

/** By what users are known. */
export abstract class AuthOptions {
  abstract apiKeys: ApiKeyEntry[];
  abstract jwt?: JwtOptions;
  abstract tokenVerifier?: TokenVerifier;
  abstract authenticator?: Authenticator;
}
