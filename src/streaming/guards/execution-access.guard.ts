import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { canAccess, type Principal } from '../../auth/principal.js';
import { principalOf } from '../../auth/request-principal.js';
import { StepcastError } from '../../contract/errors.js';
import { Journal } from '../../journal/journal.js';
import { type ExecutionRecord } from '../../journal/journal.types.js';
import { removed } from '../../journal/removed.js';
import { ofAnother } from '../audit.log.js';
import { requestOf } from '../http/http.types.js';

/**
 * Lets owners and admins at `:id`, and leaves its record on the request. What belongs to someone else answers like what
 * does not exist.
 */
@Injectable()
export class ExecutionAccessGuard implements CanActivate {
  constructor(private readonly journal: Journal) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = requestOf(context);
    const id = request.params['id'] as string;
    request.execution = await findAccessible(this.journal, principalOf(request), id);
    return true;
  }
}

/** The execution, where it is there for this principal. @throws StepcastError `not_found`, `gone` */
export async function findAccessible(journal: Journal, principal: Principal, id: string): Promise<ExecutionRecord> {
  const record = await journal.find(id);
  if (record && canAccess(principal, record.user)) return record;
  const former = record ? undefined : await journal.findRemoved(id);
  if (former && canAccess(principal, former.user)) throw removed(id);
  const refusal = new StepcastError('not_found', `there is no execution ${id}`);
  const owner = record?.user ?? former?.user;
  throw owner === undefined ? refusal : ofAnother(refusal, owner);
}
