import { type Provider } from '@nestjs/common';
import { AddressGuard } from './address.guard.js';
import { HttpAgent } from './http.agent.js';
import { HttpClient } from './http.client.js';
import { NameResolver } from './name.resolver.js';

/** The agent `http` and what it works with; beside `LlmOptions`. */
export const HTTP_PROVIDERS: Provider[] = [NameResolver, AddressGuard, HttpClient, HttpAgent];
