import { type DatabaseSync } from 'node:sqlite';

export interface CachedRow {
  created_at: number;
  body: string;
}

/** One step of a walk through a group. */
export interface VectorRow {
  id: number;
  vector: Uint8Array;
}

const FRESH = 'expires_at > ? AND created_at > ?';

/** What the cache of agents asks the database. */
export function prepareCacheStatements(db: DatabaseSync) {
  return {
    findCached: db.prepare(`SELECT created_at, body FROM cache_entries WHERE key = ? AND ${FRESH}`),
    cachedVectors: db.prepare(`SELECT id, vector FROM cache_entries WHERE near = ? AND ${FRESH} ORDER BY id DESC LIMIT ?`),
    cachedById: db.prepare('SELECT created_at, body FROM cache_entries WHERE id = ?'),
    removeCached: db.prepare('DELETE FROM cache_entries WHERE key = ?'),
    insertCached: db.prepare('INSERT INTO cache_entries (key, owner, near, created_at, expires_at, bytes, vector, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)'),
    cachedOf: db.prepare('SELECT entries, bytes FROM cache_owners WHERE owner = ?'),
    evictCached: db.prepare('DELETE FROM cache_entries WHERE id = (SELECT min(id) FROM cache_entries WHERE owner = ?)'),
    clearCachedOf: db.prepare('DELETE FROM cache_entries WHERE id IN (SELECT id FROM cache_entries WHERE owner = ? LIMIT ?)'),
    clearCached: db.prepare('DELETE FROM cache_entries WHERE id IN (SELECT id FROM cache_entries LIMIT ?)'),
    sweepCached: db.prepare('DELETE FROM cache_entries WHERE id IN (SELECT id FROM cache_entries WHERE expires_at <= ? LIMIT ?)'),
  };
}
