/**
 * What the service holds while it is fuzzed, so that requests reach what is there. A drawn request names it by tokens such
 * as `~own-17~`, of which `fill` makes an id, a name or a cursor that exists when the request is sent.
 */
import { API, KEYS } from '../../support/client.js';

const POOLS = ['own', 'waiting', 'executions', 'workflows', 'keys', 'tickets', 'pages', 'cursors'] as const;
export type Pool = (typeof POOLS)[number];

/** Stands for one of the pool, which of them `pick` says. */
export function token(pool: Pool, pick: number): string {
  return `~${pool}-${pick}~`;
}

const TOKEN = new RegExp(`~(${POOLS.join('|')})-(\\d+)~`, 'g');
/** Of each pool so many are kept; of more, enough is seen. */
const MAX_KEPT = 300;
const OF_CODE = ['brief', 'build', 'chart', 'research'];
/** Pools that a user has of its own; of the others there is one for all. */
const OWN: ReadonlySet<Pool> = new Set(['own', 'waiting', 'workflows', 'tickets', 'pages', 'cursors']);

interface Told {
  id?: string;
  status?: string;
  streamUrl?: string;
  ticket?: string;
  key?: string;
  user?: string;
  name?: string;
  steps?: unknown;
  nextCursor?: string | null;
  executions?: Told[];
}

export class World {
  /** Keys that open something, with whose they are. */
  private readonly secrets: { key: string; user: string }[] = Object.entries(KEYS).map(([user, key]) => ({ user, key }));
  private readonly pools = new Map<string, string[]>();

  /** The text with what its tokens stand for where `user` sends it; a token of an empty pool stands for itself. */
  fill(text: string, user: string): string {
    return text.replaceAll(TOKEN, (all, pool: Pool, pick: string) => {
      const own = this.pool(pool, user);
      const known = own.length === 0 && (pool === 'own' || pool === 'waiting') ? this.pool('executions', user) : own;
      return known[Number(pick) % known.length] ?? all;
    });
  }

  /** A key that was added while it was fuzzed, or one of those that are always there. */
  key(pick: number): { key: string; user: string } {
    return this.secrets[pick % this.secrets.length] as { key: string; user: string };
  }

  add(pool: Pool, user: string, item: string): void {
    const list = this.pool(pool, user);
    if (list.includes(item)) return;
    list.push(item);
    // The first ones, which were put there before, stay.
    if (list.length > MAX_KEPT) list.splice(MAX_KEPT / 2, 1);
    if (pool === 'own') this.add('executions', user, item);
  }

  /** Remembers what an answer tells of. */
  learn(method: string, target: string, status: number, text: string, user: string): void {
    if (status < 200 || status >= 300 || !target.toLowerCase().startsWith(API)) return;
    const gone = method === 'DELETE' ? /^.*\/workflows\/([\w.-]+)$/.exec(target)?.[1] : undefined;
    if (gone !== undefined) this.remove('workflows', user, gone);
    if (/^(event|id|data): /.test(text)) this.learnFrames(method, text, user);
    if (text.startsWith('{')) this.learnBody(method, JSON.parse(text) as Told, user);
  }

  private learnFrames(method: string, text: string, user: string): void {
    const id = /^id: (\S*[.:]\S*)$/m.exec(text)?.[1];
    if (id !== undefined) this.add('cursors', user, id);
    const execution = /"executionId":"([^"]+)"/.exec(text)?.[1];
    if (method === 'POST' && execution !== undefined) this.add('own', user, execution);
  }

  private learnBody(method: string, { id, streamUrl, ticket, key, user: owner = '', name, steps, nextCursor, executions = [] }: Told, user: string): void {
    if (typeof nextCursor === 'string') this.add('pages', user, nextCursor);
    if (ticket !== undefined) this.add('tickets', user, ticket);
    for (const one of Array.isArray(executions) ? executions : []) if (one.status === 'waiting') this.add('waiting', user, one.id as string);
    if (method !== 'POST') return;
    if (key !== undefined) {
      this.secrets.push({ key, user: owner });
      this.add('keys', user, id as string);
    }
    if (streamUrl !== undefined && id !== undefined) this.add('own', user, id);
    if (steps !== undefined && name !== undefined) this.add('workflows', user, name);
  }

  private pool(pool: Pool, user: string): string[] {
    const name = OWN.has(pool) ? `${pool} of ${user}` : pool;
    let list = this.pools.get(name);
    if (!list) this.pools.set(name, (list = pool === 'workflows' ? [...OF_CODE] : []));
    return list;
  }

  private remove(pool: Pool, user: string, item: string): void {
    const list = this.pool(pool, user);
    const index = list.indexOf(item);
    if (index >= OF_CODE.length) list.splice(index, 1);
  }
}
