import { Controller, Delete, HttpCode, Req, UseFilters } from '@nestjs/common';
import { CurrentUser } from '../../auth/auth.decorators.js';
import { type Principal } from '../../auth/principal.js';
import { StepcastError } from '../../contract/errors.js';
import { CacheStore } from '../../journal/cache.store.js';
import { ownerOf } from '../../orchestration/cache/cache.key.js';
import { requireAdmin } from '../guards/admin.guard.js';
import { ForUsers } from '../guards/route.guards.js';
import { type HttpRequest } from '../http/http.types.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { single } from '../sse/stream.request.js';

/** Results that agents left, to be given again. */
@Controller('cache')
@UseFilters(ProblemFilter)
export class CacheController {
  constructor(private readonly store: CacheStore) {}

  /** Removes one's own, or, for admins, those of all users and what these share. */
  @Delete()
  @HttpCode(204)
  @ForUsers('workflows:run')
  async clear(@CurrentUser() principal: Principal, @Req() { query }: HttpRequest): Promise<void> {
    const all = isAll(query);
    if (all) requireAdmin(principal);
    await this.store.clear(all ? undefined : ownerOf(principal.user));
  }
}

/** @throws StepcastError `invalid_request` */
function isAll(query: HttpRequest['query']): boolean {
  const all = single(query, 'all');
  if (all === undefined || all === 'true' || all === 'false') return all === 'true';
  throw new StepcastError('invalid_request', 'all must be true or false', { faults: [{ path: '/all', message: 'must be true or false' }] });
}
