/**
 * The cache of agents in the journal's own file, through its one writer: what a step leaves here goes into the transaction
 * that tells of its end, so it costs no commit of its own, and whoever reads of that end finds it.
 */
import { type JsonValue } from '../../contract/json.js';
import { type CachedResult, type CacheQuota, CacheStore, type Freshness, MAX_COMPARED, type Neighbour, type NewCacheEntry } from '../cache.store.js';
import { type CachedRow, type VectorRow } from './sqlite.cache.statements.js';
import { type SqliteLog } from './sqlite.log.js';
import { toText } from './sqlite.text.js';
import { type Work } from './sqlite.transaction.js';

/** How the file is reached. */
export interface CacheFile {
  read<T>(read: (log: SqliteLog) => T): T;
  operate<T>(work: Work<T>): Promise<T>;
}

/** Rows that are removed in a turn: others want to write too. */
const PER_TURN = 200;
/** Bytes of a row beside its body and vector: keys, times, indexes. */
const ROW_BYTES = 400;

interface Body {
  output: JsonValue;
  text?: string;
  /** The text is the output, and not written twice. */
  same?: true;
}

export class SqliteCache extends CacheStore {
  /** The last save that is not committed yet. */
  private saving: Promise<unknown> | undefined;

  constructor(private readonly file: CacheFile) {
    super();
  }

  async find(key: string, freshness: Freshness): Promise<CachedResult | undefined> {
    await this.saving?.catch(() => undefined);
    const row = this.file.read(({ sql }) => sql.findCached.get(key, ...boundsOf(freshness))) as CachedRow | undefined;
    return row && resultOf(row);
  }

  async nearest({ group, vector }: Neighbour, freshness: Freshness): Promise<{ result: CachedResult; similarity: number } | undefined> {
    await this.saving?.catch(() => undefined);
    return this.file.read(({ sql }) => {
      let best: { id: number; similarity: number } | undefined;
      for (const row of sql.cachedVectors.iterate(group, ...boundsOf(freshness), MAX_COMPARED) as Iterable<unknown> as Iterable<VectorRow>) {
        const similarity = cosine(vector, floatsOf(row.vector));
        if (similarity !== undefined && similarity > (best?.similarity ?? -Infinity)) best = { id: row.id, similarity };
      }
      return best && { result: resultOf(sql.cachedById.get(best.id) as unknown as CachedRow), similarity: best.similarity };
    });
  }

  async save({ key, owner: name, output, text, createdAt, expiresAt, near }: NewCacheEntry, quota: CacheQuota): Promise<void> {
    const owner = toText(name);
    const body = JSON.stringify({ output, ...(text === undefined ? {} : text === output ? { same: true } : { text }) } satisfies Body);
    const vector = near && new Uint8Array(near.vector.buffer, near.vector.byteOffset, near.vector.byteLength);
    const bytes = Buffer.byteLength(body) + (vector?.length ?? 0) + ROW_BYTES;
    if (bytes > quota.maxBytes || quota.maxEntries < 1) return;
    const saving = this.file.operate(({ sql }) => {
      sql.removeCached.run(key);
      sql.insertCached.run(key, owner, near?.group ?? null, createdAt, expiresAt, bytes, vector ?? null, body);
      return evict(sql, owner, quota);
    });
    this.saving = saving;
    let isMore = await saving.finally(() => {
      if (this.saving === saving) this.saving = undefined;
    });
    while (isMore) isMore = await this.file.operate(({ sql }) => evict(sql, owner, quota));
  }

  clear(name?: string): Promise<number> {
    const owner = name === undefined ? undefined : toText(name);
    return this.remove(({ sql }) => (owner === undefined ? sql.clearCached.run(PER_TURN) : sql.clearCachedOf.run(owner, PER_TURN)));
  }

  sweep(now: number): Promise<number> {
    return this.remove(({ sql }) => sql.sweepCached.run(now, PER_TURN));
  }

  /** Part by part, a turn each. */
  private async remove(some: (log: SqliteLog) => { changes: number | bigint }): Promise<number> {
    let removed = 0;
    for (;;) {
      const changes = Number((await this.file.operate(some)).changes);
      removed += changes;
      if (changes < PER_TURN) return removed;
    }
  }
}

/** Removes what is too much, of the oldest; answers whether there is more of it than goes in a turn. */
function evict(sql: SqliteLog['sql'], owner: string, { maxEntries, maxBytes }: CacheQuota): boolean {
  for (let removed = 0; removed < PER_TURN; removed++) {
    const held = sql.cachedOf.get(owner) as { entries: number; bytes: number } | undefined;
    if (!held || (held.entries <= maxEntries && held.bytes <= maxBytes)) return false;
    if (sql.evictCached.run(owner).changes === 0) return false;
  }
  return true;
}

/** What `expires_at` and `created_at` must be above. */
function boundsOf({ now, maxAgeMs }: Freshness): [expires: number, created: number] {
  return [now, now - maxAgeMs];
}

function resultOf({ created_at: createdAt, body }: CachedRow): CachedResult {
  const { output, text, same } = JSON.parse(body) as Body;
  const streamed = same ? (output as string) : text;
  return { output, createdAt, ...(streamed === undefined ? {} : { text: streamed }) };
}

/** A view of the bytes, or a copy where they begin at an odd place. */
function floatsOf(bytes: Uint8Array): Float32Array {
  const at = bytes.byteOffset % Float32Array.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice();
  return new Float32Array(at.buffer, at.byteOffset, Math.floor(at.byteLength / Float32Array.BYTES_PER_ELEMENT));
}

/** Of vectors of length 1; nothing where they are not of one space. */
function cosine(a: Float32Array, b: Float32Array): number | undefined {
  if (a.length !== b.length) return undefined;
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
