import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { principalOf } from '../../auth/request-principal.js';
import { Journal } from '../../journal/journal.js';
import { type ExecutionRecord } from '../../journal/journal.types.js';
import { type HttpRequest, requestOf } from '../http/http.types.js';
import { readAll } from '../http/read-all.js';
import { checkAll, leftOver, severalCursor } from '../sse/multi.stream.js';
import { invalid } from '../http/invalid.js';
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
    const { asked, ids } = readAll({ asked: () => parseStreamRequest(request), ids: () => idsOf(request.query) });
    request.streamRequest = asked;
    if (asked.protocol) throw invalid('/protocol', 'is for the stream of one execution, and this one may carry several');
    if (ids === undefined) {
      await checkAll(this.journal, principal.user, asked);
      return true;
    }
    const records: ExecutionRecord[] = [];
    for (const id of ids) records.push(await findAccessible(this.journal, principal, id));
    if (leftOver(records, severalCursor(records, asked)).length === 0) throw new StreamHasEnded();
    request.executions = records;
    return true;
  }
}

/** The executions that are named, each once; nothing where none is. @throws StepcastError `invalid_request` */
function idsOf(query: HttpRequest['query']): string[] | undefined {
  const names = single(query, 'executions');
  if (names === undefined) return undefined;
  const ids = [...new Set(names.split(',').map((id) => id.trim()))];
  if (ids.length > MAX_EXECUTIONS || ids.includes('')) throw invalid('/executions', `must be 1 to ${MAX_EXECUTIONS} ids, separated by commas`);
  return ids;
}
