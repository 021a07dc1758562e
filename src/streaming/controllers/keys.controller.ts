import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Req, UseFilters } from '@nestjs/common';
import { ApiKeyStore } from '../../auth/api-key.store.js';
import { CurrentUser } from '../../auth/auth.decorators.js';
import { ManagedKeys } from '../../auth/managed-keys.js';
import { KnownScopes } from '../../auth/known.scopes.js';
import { type KeyRecord } from '../../contract/keys.js';
import { isUserName, type Principal } from '../../auth/principal.js';
import { type Fault, StepcastError } from '../../contract/errors.js';
import { nearestName } from '../../contract/nearest.name.js';
import { AuditLog } from '../audit.log.js';
import { type KeyBody } from '../dto/bodies.js';
import { ForAdmins } from '../guards/route.guards.js';
import { BodyPipe } from '../http/body.pipe.js';
import { type HttpRequest } from '../http/http.types.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { StreamRights } from '../sse/stream.rights.js';
import { invalid } from '../http/invalid.js';

/** A key as admins see it. */
export interface KeyView {
  id: string;
  name: string | null;
  user: string;
  roles: readonly string[];
  scopes: readonly string[] | null;
  origin: 'stored' | 'configured';
  createdAt: string | null;
  createdBy: string | null;
  expiresAt: string | null;
  lastUsedAt: string | null;
}

/** API keys, which admins list, add and revoke while the service runs. */
@Controller('keys')
@UseFilters(ProblemFilter)
export class KeysController {
  constructor(
    private readonly configured: ApiKeyStore,
    // Absent where the app says by itself who its users are.
    @Inject(ManagedKeys) private readonly managed: ManagedKeys | undefined,
    private readonly scopes: KnownScopes,
    private readonly rights: StreamRights,
    private readonly audit: AuditLog,
  ) {}

  @Get()
  @ForAdmins()
  async list(): Promise<{ keys: KeyView[] }> {
    const stored = await this.keys.list();
    return { keys: [...this.configured.list().map(configuredView), ...stored.map(storedView)] };
  }

  /** The one answer that holds the key. */
  @Post()
  @ForAdmins()
  async add(@Body(new BodyPipe('KeyBody')) body: KeyBody, @CurrentUser() admin: Principal, @Req() request: HttpRequest): Promise<KeyView & { key: string }> {
    const { user, name = null, roles, scopes = null } = body;
    if (!isUserName(user)) throw invalid('/user', 'must be 1 to 200 characters, none of them a control character');
    this.checkScopes(scopes ?? []);
    const { record, key } = await this.keys.create({ user, name, roles: roles ?? [], scopes, createdBy: admin.user, expiresAt: expiryOf(body) });
    this.audit.accepted('key_add', request, { key: record.id });
    return { ...storedView(record), key };
  }

  @Delete(':id')
  @HttpCode(204)
  @ForAdmins()
  async revoke(@Param('id') id: string, @Req() request: HttpRequest): Promise<void> {
    if (this.configured.list().some(({ credentialId }) => credentialId === id)) {
      throw new StepcastError('conflict', `the key ${id} is set by the configuration of the service; take it out there (STEPCAST_API_KEYS) and start the service anew`);
    }
    if (!(await this.keys.revoke(id))) throw new StepcastError('not_found', `there is no key ${id}`);
    this.audit.accepted('key_revoke', request, { key: id });
    this.rights.checkAll();
  }

  /** @throws StepcastError `invalid_request` for those that nothing asks for: the key would open nothing by them. */
  private checkScopes(given: readonly string[]): void {
    const known = this.scopes.all();
    const faults = given.flatMap((scope, i): Fault[] => {
      if (known.has(scope)) return [];
      const meant = nearestName(scope, known);
      return [{ path: `/scopes/${i}`, message: `"${scope}" is not a scope${meant === undefined ? '' : `; did you mean ${meant}?`} (known are ${[...known].join(', ')})` }];
    });
    const [first] = faults;
    if (first) throw new StepcastError('invalid_request', `scopes: ${first.message}`, { faults });
  }

  private get keys(): ManagedKeys {
    if (!this.managed) throw new StepcastError('not_found', 'this app has an authenticator of its own, and no keys');
    return this.managed;
  }
}

/** @throws StepcastError `invalid_request` */
function expiryOf({ expiresAt }: KeyBody): number | null {
  if (typeof expiresAt !== 'string') return null;
  const at = Date.parse(expiresAt);
  if (!(at > Date.now())) throw invalid('/expiresAt', 'must be a time to come');
  return at;
}

function storedView({ id, name, user, roles, scopes, createdAt, createdBy, expiresAt, lastUsedAt }: KeyRecord): KeyView {
  return { id, name, user, roles, scopes, origin: 'stored', createdAt: timeOf(createdAt), createdBy, expiresAt: timeOf(expiresAt), lastUsedAt: timeOf(lastUsedAt) };
}

function configuredView({ credentialId, user, roles, scopes }: Principal): KeyView {
  return { id: credentialId, name: null, user, roles, scopes: scopes ?? null, origin: 'configured', createdAt: null, createdBy: null, expiresAt: null, lastUsedAt: null };
}

function timeOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
