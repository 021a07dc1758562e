/**
 * What the service holds while it is fuzzed, so that requests reach what is there. A drawn request names it by tokens such
 * as `~own-17~`, of which `fill` makes an id, a name or a cursor that exists when the request is sent.
 */
import { API, KEYS, type User } from '../../support/client.js';

const POOLS = ['own', 'executions', 'workflows', 'keys', 'tickets', 'pages', 'cursors'] as const;
export type Pool = (typeof POOLS)[number];

export type Who = User | 'managed';

/** Stands for one of the pool, which of them `pick` says. */
export function token(pool: Pool, pick: number): string {
  return `~${pool}-${pick}~`;
}

const TOKEN = new RegExp(`~(${POOLS.join('|')})-(\\d+)~`, 'g');
/** Of each pool the newest are kept: of those before, enough is seen. */
const MAX_KEPT = 300;

interface AnswerBody {
  id?: string;
  streamUrl?: string;
  ticket?: string;
  key?: string;
  name?: string;
  steps?: unknown;
  nextCursor?: string | null;
}

export class World {
  readonly secrets: string[] = Object.values(KEYS);
  private readonly pools: Record<Exclude<Pool, 'own'>, string[]> = { executions: [], workflows: ['brief', 'build', 'chart', 'research'], keys: [], tickets: [], pages: [], cursors: [] };
  private readonly owned = new Map<string, string[]>();

  /** The text with what its tokens stand for, as `who` would send it; a token of an empty pool stands for itself. */
  fill(text: string, who: string | undefined): string {
    return text.replaceAll(TOKEN, (all, pool: Pool, pick: string) => {
      const known = pool === 'own' ? (this.owned.get(who ?? '') ?? this.pools.executions) : this.pools[pool];
      return known[Number(pick) % known.length] ?? all;
    });
  }

  /** A key that was added while it was fuzzed, or one of those that are always there. */
  managedKey(pick: number): string {
    return this.secrets[pick % this.secrets.length] as string;
  }

  addExecution(id: string, who: string | undefined): void {
    keep(this.pools.executions, id);
    if (who === undefined) return;
    let own = this.owned.get(who);
    if (!own) this.owned.set(who, (own = []));
    keep(own, id);
  }

  addWorkflow(name: string): void {
    keep(this.pools.workflows, name);
  }

  /** Remembers what an answer tells of. */
  learn(method: string, path: string, status: number, text: string, who: string | undefined): void {
    if (status < 200 || status >= 300 || text === '') return;
    for (const [, id] of text.matchAll(/^id: (\S+)$/gm)) if (/\/stream(\?|$)/.test(path)) keep(this.pools.cursors, id as string);
    const streamed = method === 'POST' ? /"executionId":"([^"]+)"/.exec(text)?.[1] : undefined;
    if (streamed !== undefined && text.startsWith('event: ')) this.addExecution(streamed, who);
    if (!text.startsWith('{') || !path.toLowerCase().startsWith(API)) return;
    const body = JSON.parse(text) as AnswerBody;
    if (typeof body.nextCursor === 'string') keep(this.pools.pages, body.nextCursor);
    if (typeof body.ticket === 'string') keep(this.pools.tickets, body.ticket);
    if (typeof body.key === 'string') {
      this.secrets.push(body.key);
      keep(this.pools.keys, body.id as string);
    }
    if (method !== 'POST') return;
    if (body.streamUrl !== undefined && body.id !== undefined) this.addExecution(body.id, who);
    if (body.steps !== undefined && body.name !== undefined) this.addWorkflow(body.name);
  }
}

function keep(list: string[], item: string): void {
  if (list.includes(item)) return;
  list.push(item);
  // The first ones, which were put there before, stay.
  if (list.length > MAX_KEPT) list.splice(MAX_KEPT / 2, 1);
}
