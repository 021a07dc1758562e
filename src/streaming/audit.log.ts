/**
 * Who did what, one line each: starts, cancels, answers, tickets, keys, and what was refused. Lines go through Nest's
 * logger, with `audit: true` to find them by; in the service they are lines of JSON. They name credentials by their id
 * and hold no secret, nothing of a query and nothing of a body.
 */
import { Injectable, Logger } from '@nestjs/common';
import { type Principal } from '../auth/principal.js';
import { type StepcastError } from '../contract/errors.js';

export type AuditAction = 'start' | 'cancel' | 'input' | 'ticket' | 'key_add' | 'key_revoke' | 'request';

export interface AuditEntry {
  audit: true;
  action: AuditAction;
  /** `accepted`, `repeated` for a start that was there already, or the code of the refusal. */
  outcome: string;
  user?: string;
  /** Whose execution it is, where it is another user's. */
  owner?: string;
  execution?: string;
  /** Id of a key that was added or revoked. */
  key?: string;
  /** Id of the credential that was shown: of a key, the one it is listed by. */
  credential?: string;
  method?: string;
  path?: string;
  requestId?: string;
  address?: string;
}

/** What Express's and Fastify's requests have in common, and what guards leave on them. */
export interface AuditedRequest {
  method?: string;
  url?: string;
  originalUrl?: string;
  ip?: string;
  id?: unknown;
  principal?: Principal;
}

const ACTIONS: readonly (readonly [AuditAction, RegExp])[] = [
  ['cancel', /\/executions\/[^/]+\/cancel$/], ['input', /\/executions\/[^/]+\/input$/], ['ticket', /\/tickets$/], ['start', /\/(executions|(chat|ag-ui)\/[^/]+)$/], ['key_add', /\/keys$/],
];
const MAX_PATH = 300;

/** Of refusals that say nothing is there, where it is there and another's. */
const owners = new WeakMap<StepcastError, string>();

/** Notes on a refusal whose it was that is refused: for the audit alone, clients are told nothing of it. */
export function ofAnother(error: StepcastError, owner: string): StepcastError {
  owners.set(error, owner);
  return error;
}

@Injectable()
export class AuditLog {
  private readonly logger = new Logger('Audit');

  /** Something was done. */
  accepted(action: AuditAction, request: AuditedRequest, what: Pick<AuditEntry, 'execution' | 'key'> = {}): void {
    this.write(action, 'accepted', request, what);
  }

  /** Does what starts an execution, and notes it down. */
  async start<T extends { record: { id: string }; created: boolean }>(request: AuditedRequest, start: () => Promise<T>): Promise<T> {
    const started = await start();
    this.write('start', started.created ? 'accepted' : 'repeated', request, { execution: started.record.id });
    return started;
  }

  /**
   * Something was refused: for want of a user, of a right, or for too much of it. Other refusals are no matter of security.
   * @param what Where the request does not say: one that carries many messages.
   */
  refused(error: StepcastError, request: AuditedRequest, what?: { action: AuditAction; execution?: string }): void {
    const owner = owners.get(error);
    if (error.status !== 401 && error.status !== 403 && error.status !== 429 && owner === undefined) return;
    const path = pathOf(request);
    const execution = what ? what.execution : /\/executions\/([^/]{1,64})/.exec(path)?.[1];
    this.write(what?.action ?? actionOf(request.method, path), error.code, request, { ...(execution !== undefined && { execution }), ...(owner !== undefined && { owner }), method: request.method ?? '', path: path.slice(0, MAX_PATH) });
  }

  private write(action: AuditAction, outcome: string, { principal, id, ip }: AuditedRequest, what: Partial<AuditEntry>): void {
    const entry: AuditEntry = {
      audit: true, action, outcome, ...what,
      ...(principal && { user: principal.user, credential: principal.credentialId }),
      ...(typeof id === 'string' || typeof id === 'number' ? { requestId: String(id) } : {}),
      ...(ip !== undefined && { address: ip }),
    };
    this.logger.log(entry);
  }
}

/** Without the query, which may hold a ticket. */
function pathOf({ originalUrl, url }: AuditedRequest): string {
  return (originalUrl ?? url ?? '').split('?', 1)[0] as string;
}

function actionOf(method: string | undefined, path: string): AuditAction {
  if (method === 'DELETE' && /\/keys\/[^/]+$/.test(path)) return 'key_revoke';
  return (method === 'POST' && ACTIONS.find(([, pattern]) => pattern.test(path))?.[0]) || 'request';
}
