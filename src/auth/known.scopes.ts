/** Which scopes there are: ours, and those that the app asks for by `@RequireScope`. */
import { Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { SCOPE_METADATA } from './scope.guard.js';
import { SCOPES } from './scopes.js';

@Injectable()
export class KnownScopes {
  private readonly scanner = new MetadataScanner();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly reflector: Reflector,
  ) {}

  /** Looked for when it is asked, which is seldom: nothing of it is done at the start. */
  all(): ReadonlySet<string> {
    const scopes = new Set<string>(SCOPES);
    for (const { metatype } of [...this.discovery.getControllers(), ...this.discovery.getProviders()]) {
      if (typeof metatype !== 'function') continue;
      const prototype = (metatype as { prototype?: Record<string, () => unknown> }).prototype;
      const methods = prototype ? this.scanner.getAllMethodNames(prototype).flatMap((name) => prototype[name] ?? []) : [];
      for (const target of [metatype, ...methods]) {
        const scope = this.reflector.get<string | undefined>(SCOPE_METADATA, target);
        if (scope !== undefined) scopes.add(scope);
      }
    }
    return scopes;
  }
}
