import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { principalOf } from '../../auth/request-principal.js';
import { StepcastError } from '../../contract/errors.js';
import { Journal } from '../../journal/journal.js';
import { type ExecutionRecord } from '../../journal/journal.types.js';
import { requestOf } from '../http/http.types.js';
import { checkAll, leftOver, severalCursor } from '../sse/multi.stream.js';
import { parseStreamRequest, single } from '../sse/stream.request.js';
import { findAccessible } from './execution-access.guard.js';
import { StreamHasEnded } from './stream.guard.js';

const MAX_EXECUTIONS = 100;

/** Checks `GET /stream`: that each execution named is there for the user, the cursor, and that something is left to be sent. */
@Injectable()
export class SeveralAccessGuard implements CanActivate {
  constructor(private readonly journal: Journal) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = requestOf(context);
    const principal = principalOf(request);
    const asked = (request.streamRequest = parseStreamRequest(request));
    if (asked.protocol) {
      const message = 'is for the stream of one execution, and this one may carry several';
      throw new StepcastError('invalid_request', `protocol ${message}`, { faults: [{ path: '/protocol', message }] });
    }
    const names = single(request.query, 'executions');
    if (names === undefined) {
      await checkAll(this.journal, principal.user, asked);
      return true;
    }
    const ids = [...new Set(names.split(',').map((id) => id.trim()))];
    if (ids.length > MAX_EXECUTIONS || ids.includes('')) {
      const message = `must be 1 to ${MAX_EXECUTIONS} ids, separated by commas`;
      throw new StepcastError('invalid_request', `executions ${message}`, { faults: [{ path: '/executions', message }] });
    }
    const records: ExecutionRecord[] = [];
    for (const id of ids) records.push(await findAccessible(this.journal, principal, id));
    if (leftOver(records, severalCursor(records, asked)).length === 0) throw new StreamHasEnded();
    request.executions = records;
    return true;
  }
}
