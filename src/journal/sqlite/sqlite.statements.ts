import { type DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { type WorkflowDefinition } from '../../contract/definition.js';
import { type ErrorInfo } from '../../contract/errors.js';
import { type JsonValue } from '../../contract/json.js';
import { type ExecutionStatus } from '../../contract/state.js';
import { type KeyRecord } from '../../contract/keys.js';
import { type DefinitionSource, type ExecutionRecord, type ListQuery, type OwnedExecution, type StoredWorkflow } from '../journal.types.js';
import { prepareCacheStatements } from './sqlite.cache.statements.js';
import { fromText, toText } from './sqlite.text.js';

export interface ExecutionRow {
  ordinal: number;
  id: string;
  user: string;
  workflow: string;
  session_id: string | null;
  status: string;
  progress: number;
  last_seq: number;
  created_at: number;
  started_at: number | null;
  finished_at: number | null;
  error: string | null;
  source: string;
  epoch: number;
  resumes: number;
}

export interface OwnedRow extends ExecutionRow {
  traceparent: string | null;
  definition: string;
  fingerprint: string;
  input: string;
}

const RECORD = 'ordinal, id, user, workflow, session_id, status, progress, last_seq, created_at, started_at, finished_at, error, source, epoch, resumes';

export function recordOf(row: ExecutionRow): ExecutionRecord {
  return {
    ordinal: row.ordinal, id: fromText(row.id), user: fromText(row.user), workflow: fromText(row.workflow),
    sessionId: row.session_id === null ? null : fromText(row.session_id),
    status: row.status as ExecutionStatus, progress: row.progress, lastSeq: row.last_seq,
    createdAt: row.created_at, startedAt: row.started_at, finishedAt: row.finished_at,
    error: row.error === null ? null : (JSON.parse(row.error) as ErrorInfo), source: row.source as DefinitionSource, epoch: row.epoch, resumes: row.resumes,
  };
}

export function ownedOf(row: OwnedRow): OwnedExecution {
  return {
    ...recordOf(row), definition: JSON.parse(row.definition) as JsonValue,
    fingerprint: fromText(row.fingerprint), input: JSON.parse(row.input) as JsonValue, traceparent: row.traceparent,
  };
}

export function storedOf(row: Record<string, unknown>): StoredWorkflow {
  const { user, definition, created_at: createdAt } = row as { user: string; definition: string; created_at: number };
  return { user: fromText(user), definition: JSON.parse(definition) as WorkflowDefinition, createdAt };
}

interface KeyRow {
  id: string;
  hash: string;
  name: string | null;
  user: string;
  roles: string;
  scopes: string | null;
  created_at: number;
  created_by: string;
  expires_at: number | null;
  last_used_at: number | null;
}

export function storedKeyOf(given: Record<string, unknown>): KeyRecord {
  const row = given as unknown as KeyRow;
  return {
    id: fromText(row.id), hash: fromText(row.hash), name: row.name === null ? null : fromText(row.name), user: fromText(row.user),
    roles: JSON.parse(row.roles) as string[], scopes: row.scopes === null ? null : (JSON.parse(row.scopes) as string[]),
    createdAt: row.created_at, createdBy: fromText(row.created_by), expiresAt: row.expires_at, lastUsedAt: row.last_used_at,
  };
}

export type Statements = ReturnType<typeof prepareStatements>;

export function prepareStatements(db: DatabaseSync) {
  const prepare = (sql: string): StatementSync => db.prepare(sql);
  const listing = new Map<string, StatementSync>();
  return {
    ...prepareCacheStatements(db),
    insertExecution: prepare(`INSERT INTO executions
      (id, user, workflow, session_id, status, progress, last_seq, created_at, source, definition, fingerprint, input, traceparent, epoch, resumes)
      VALUES (?, ?, ?, ?, 'queued', 0, 0, ?, ?, ?, ?, ?, ?, 1, 0) RETURNING *`),
    updateHead: prepare('UPDATE executions SET status = ?, progress = ?, last_seq = ?, started_at = ?, finished_at = ?, error = ? WHERE ordinal = ?'),
    claim: prepare('UPDATE executions SET epoch = epoch + 1, resumes = resumes + ? WHERE id = ? RETURNING *'),
    clearResumes: prepare('UPDATE executions SET resumes = 0 WHERE id = ?'),
    find: prepare(`SELECT ${RECORD} FROM executions WHERE id = ?`),
    findOwned: prepare('SELECT * FROM executions WHERE id = ?'),
    ordinalOf: prepare('SELECT ordinal FROM executions WHERE id = ?'),
    unfinished: prepare(`SELECT ${RECORD} FROM executions WHERE finished_at IS NULL ORDER BY ordinal`),
    lastOrdinal: prepare("SELECT seq FROM sqlite_sequence WHERE name = 'executions'"),
    countUnfinished: prepare('SELECT workflow, source, status, count(*) AS count FROM executions WHERE finished_at IS NULL GROUP BY workflow, source, status'),
    insertBatch: prepare('INSERT INTO batches (id, execution, last_seq, types, body) VALUES (?, ?, ?, ?, ?)'),
    batches: prepare('SELECT * FROM batches WHERE id BETWEEN ? AND ?'),
    batchesAfter: prepare(`SELECT batches.id, batches.last_seq, batches.types, batches.body, executions.id AS execution_id
      FROM batches LEFT JOIN executions ON executions.ordinal = batches.execution WHERE batches.id > ? ORDER BY batches.id`),
    lastBatch: prepare('SELECT batch FROM batch_last'),
    setLastBatch: prepare('INSERT OR REPLACE INTO batch_last (id, batch) VALUES (1, ?)'),
    findCursor: prepare('SELECT position FROM cursors WHERE name = ?'),
    saveCursor: prepare('INSERT INTO cursors (name, position) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET position = max(position, excluded.position)'),
    batchesBehind: prepare('SELECT id, execution, last_seq FROM batches WHERE id > ? ORDER BY id'),
    deleteBatches: prepare('DELETE FROM batches WHERE id BETWEEN ? AND ?'),
    insertIndex: prepare('INSERT INTO batch_index (execution, last_seq, batches) VALUES (?, ?, ?)'),
    indexAfter: prepare('SELECT last_seq, batches FROM batch_index WHERE execution = ? AND last_seq > ? ORDER BY last_seq LIMIT ?'),
    lastIndexed: prepare('SELECT max(last_seq) AS last_seq FROM batch_index WHERE execution = ?'),
    deleteIndex: prepare('DELETE FROM batch_index WHERE execution = ? AND last_seq = ?'),
    mark: prepare('SELECT batch FROM batch_index_mark'),
    setMark: prepare('INSERT OR REPLACE INTO batch_index_mark (id, batch) VALUES (1, ?)'),
    insertKey: prepare('INSERT INTO idempotency_keys (user, key, fingerprint, execution) VALUES (?, ?, ?, ?)'),
    findKey: prepare('SELECT fingerprint, execution FROM idempotency_keys WHERE user = ? AND key = ?'),
    deleteKeys: prepare('DELETE FROM idempotency_keys WHERE execution = ?'),
    saveWorkflow: prepare(`INSERT INTO workflows (user, name, definition, created_at) VALUES (?, ?, ?, ?)
      ON CONFLICT (user, name) DO UPDATE SET definition = excluded.definition, created_at = excluded.created_at`),
    sumWorkflows: prepare('SELECT count(*) AS count, coalesce(sum(octet_length(definition)), 0) AS bytes FROM workflows WHERE user = ? AND name <> ?'),
    findWorkflow: prepare('SELECT * FROM workflows WHERE user = ? AND name = ?'),
    listWorkflows: prepare('SELECT * FROM workflows WHERE user = ? ORDER BY name'),
    deleteWorkflow: prepare('DELETE FROM workflows WHERE user = ? AND name = ?'),
    saveKey: prepare(`INSERT OR REPLACE INTO api_keys (id, hash, name, user, roles, scopes, created_at, created_by, expires_at, last_used_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`),
    findApiKey: prepare('SELECT * FROM api_keys WHERE hash = ?'),
    listKeys: prepare('SELECT * FROM api_keys ORDER BY ordinal'),
    deleteKey: prepare('DELETE FROM api_keys WHERE id = ?'),
    touchKey: prepare('UPDATE api_keys SET last_used_at = ? WHERE id = ?'),
    finishedBefore: prepare('SELECT ordinal, id, user FROM executions WHERE finished_at < ? ORDER BY finished_at LIMIT 1'),
    deleteExecution: prepare('DELETE FROM executions WHERE ordinal = ?'),
    insertRemoved: prepare('INSERT OR REPLACE INTO removed_executions (id, user, ordinal, removed_at) VALUES (?, ?, ?, ?)'),
    findRemoved: prepare('SELECT user FROM removed_executions WHERE id = ?'),
    forgetRemoved: prepare('DELETE FROM removed_executions WHERE removed_at < ?'),
    /** Executions whose record is gone and whose events are not: the sweep was cut short. */
    orphans: prepare('SELECT ordinal FROM removed_executions WHERE EXISTS (SELECT 1 FROM batch_index WHERE execution = removed_executions.ordinal)'),
    probe: prepare('INSERT OR REPLACE INTO probe (id, at) VALUES (1, ?)'),
    freePages: prepare('PRAGMA freelist_count'),
    /** Frees a page a step: to be stepped to its end. */
    vacuum: prepare('PRAGMA incremental_vacuum(1000)'),
    /** An operation that fails undoes what it did, and leaves the rest of its transaction as it is. */
    beginOperation: prepare('SAVEPOINT operation'),
    undoOperation: prepare('ROLLBACK TO operation'),
    endOperation: prepare('RELEASE operation'),
    list: (query: ListQuery): ExecutionRow[] => {
      const text = (value: string | undefined) => (value === undefined ? undefined : toText(value));
      const filters: [string, SQLInputValue | undefined][] = [
        ['user = ?', text(query.user)], ['status = ?', query.status], ['workflow = ?', text(query.workflow)],
        ['session_id = ?', text(query.sessionId)], ['ordinal < ?', query.before], ['ordinal > ?', query.after],
      ];
      const given = filters.filter((filter): filter is [string, SQLInputValue] => filter[1] !== undefined);
      const where = given.map(([condition]) => condition).join(' AND ');
      let statement = listing.get(where);
      if (!statement) {
        statement = prepare(`SELECT ${RECORD} FROM executions ${where && `WHERE ${where}`} ORDER BY ordinal ${query.after === undefined ? 'DESC' : 'ASC'} LIMIT ?`);
        listing.set(where, statement);
      }
      return statement.all(...given.map(([, value]) => value), query.limit) as unknown as ExecutionRow[];
    },
  };
}
