/** Who asks, and what they may: keys, tokens, tickets, scopes. Takes `AuthOptions`, and a `KeyBackend` for the keys that admins add. */
import { Global, Logger, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { ApiKeyStore } from './api-key.store.js';
import { AuthGuard } from './auth.guard.js';
import { AuthOptions } from './auth.options.js';
import { Authenticator } from './authenticator.js';
import { DefaultAuthenticator } from './default.authenticator.js';
import { JwtVerifier, jwtWarnings } from './jwt.verifier.js';
import { KnownScopes } from './known.scopes.js';
import { KeyBackend, ManagedKeys } from './managed-keys.js';
import { ScopeGuard } from './scope.guard.js';
import { MemoryTicketStore, TicketStore } from './ticket.store.js';
import { TokenVerifier } from './token.verifier.js';

@Global()
@Module({
  imports: [DiscoveryModule],
  providers: [
    { provide: ApiKeyStore, inject: [AuthOptions], useFactory: ({ apiKeys }: AuthOptions) => new ApiKeyStore(apiKeys) },
    { provide: TokenVerifier, inject: [AuthOptions], useFactory: tokenVerifierOf },
    { provide: ManagedKeys, inject: [AuthOptions, KeyBackend], useFactory: ({ authenticator }: AuthOptions, backend: KeyBackend) => (authenticator ? undefined : new ManagedKeys(backend)) },
    { provide: Authenticator, inject: [AuthOptions, ApiKeyStore, TokenVerifier, ManagedKeys], useFactory: authenticatorOf },
    { provide: TicketStore, useFactory: () => new MemoryTicketStore() },
    AuthGuard, ScopeGuard, KnownScopes,
  ],
  exports: [ApiKeyStore, TokenVerifier, ManagedKeys, Authenticator, TicketStore, AuthGuard, ScopeGuard, KnownScopes],
})
export class AuthModule {}

function tokenVerifierOf({ authenticator, tokenVerifier, jwt }: AuthOptions): TokenVerifier | undefined {
  if (authenticator || tokenVerifier || !jwt) return tokenVerifier;
  const logger = new Logger('Authentication');
  const verifier = new JwtVerifier(jwt);
  for (const warning of jwtWarnings(jwt)) logger.warn(warning);
  return verifier;
}

function authenticatorOf({ authenticator }: AuthOptions, apiKeys: ApiKeyStore, tokens: TokenVerifier | undefined, managedKeys: ManagedKeys | undefined): Authenticator {
  return authenticator ?? new DefaultAuthenticator({ ...(apiKeys.size > 0 && { apiKeys }), ...(tokens && { tokens }), ...(managedKeys && { managedKeys }) });
}
