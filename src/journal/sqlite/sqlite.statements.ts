import { type DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { type ErrorInfo } from '../../contract/errors.js';
import { type EventType } from '../../contract/events.js';
import { type JsonValue } from '../../contract/json.js';
import { type ExecutionStatus } from '../../contract/state.js';
import { type DefinitionSource, type ExecutionRecord, type ListQuery } from '../journal.types.js';

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
  definition: string;
  fingerprint: string;
  input: string;
  epoch: number;
  resumes: number;
}

export interface EventRow {
  seq: number;
  type: EventType;
  json: string;
}

export function recordOf(row: ExecutionRow): ExecutionRecord {
  return {
    ordinal: row.ordinal, id: row.id, user: row.user, workflow: row.workflow, sessionId: row.session_id,
    status: row.status as ExecutionStatus, progress: row.progress, lastSeq: row.last_seq,
    createdAt: row.created_at, startedAt: row.started_at, finishedAt: row.finished_at,
    error: row.error === null ? null : (JSON.parse(row.error) as ErrorInfo),
    source: row.source as DefinitionSource, definition: JSON.parse(row.definition) as JsonValue,
    fingerprint: row.fingerprint, input: JSON.parse(row.input) as JsonValue, epoch: row.epoch, resumes: row.resumes,
  };
}

export type Statements = ReturnType<typeof prepareStatements>;

export function prepareStatements(db: DatabaseSync) {
  const prepare = (sql: string): StatementSync => db.prepare(sql);
  const listing = new Map<string, StatementSync>();
  return {
    insertExecution: prepare(`INSERT INTO executions
      (id, user, workflow, session_id, status, progress, last_seq, created_at, source, definition, fingerprint, input, epoch, resumes)
      VALUES (?, ?, ?, ?, 'queued', 0, 0, ?, ?, ?, ?, ?, 1, 0) RETURNING *`),
    insertEvent: prepare('INSERT INTO events (execution, seq, type, json) VALUES (?, ?, ?, ?)'),
    updateHead: prepare(`UPDATE executions SET status = ?, progress = ?, last_seq = ?, started_at = ?, finished_at = ?, error = ?
      WHERE ordinal = ? AND epoch = ? AND last_seq = ?`),
    claim: prepare('UPDATE executions SET epoch = epoch + 1, resumes = resumes + ? WHERE id = ? RETURNING *'),
    clearResumes: prepare('UPDATE executions SET resumes = 0 WHERE id = ?'),
    find: prepare('SELECT * FROM executions WHERE id = ?'),
    ordinalOf: prepare('SELECT ordinal FROM executions WHERE id = ?'),
    unfinished: prepare('SELECT * FROM executions WHERE finished_at IS NULL ORDER BY ordinal'),
    readEvents: prepare('SELECT seq, type, json FROM events WHERE execution = ? AND seq > ? ORDER BY seq LIMIT ?'),
    insertKey: prepare('INSERT INTO idempotency_keys (user, key, fingerprint, execution) VALUES (?, ?, ?, ?)'),
    findKey: prepare('SELECT fingerprint, execution FROM idempotency_keys WHERE user = ? AND key = ?'),
    deleteKeys: prepare('DELETE FROM idempotency_keys WHERE execution = ?'),
    saveWorkflow: prepare(`INSERT INTO workflows (user, name, definition, created_at) VALUES (?, ?, ?, ?)
      ON CONFLICT (user, name) DO UPDATE SET definition = excluded.definition, created_at = excluded.created_at`),
    findWorkflow: prepare('SELECT * FROM workflows WHERE user = ? AND name = ?'),
    listWorkflows: prepare('SELECT * FROM workflows WHERE user = ? ORDER BY name'),
    deleteWorkflow: prepare('DELETE FROM workflows WHERE user = ? AND name = ?'),
    finishedBefore: prepare('SELECT ordinal, id, user, last_seq FROM executions WHERE finished_at < ? ORDER BY finished_at LIMIT 1'),
    deleteExecution: prepare('DELETE FROM executions WHERE ordinal = ?'),
    deleteEvents: prepare('DELETE FROM events WHERE execution = ? AND seq <= ?'),
    insertRemoved: prepare('INSERT OR REPLACE INTO removed_executions (id, user, ordinal, removed_at) VALUES (?, ?, ?, ?)'),
    findRemoved: prepare('SELECT user FROM removed_executions WHERE id = ?'),
    forgetRemoved: prepare('DELETE FROM removed_executions WHERE removed_at < ?'),
    /** Executions whose record is gone and whose events are not: the sweep was cut short. */
    orphans: prepare('SELECT ordinal FROM removed_executions WHERE EXISTS (SELECT 1 FROM events WHERE execution = removed_executions.ordinal)'),
    probe: prepare('INSERT OR REPLACE INTO probe (id, at) VALUES (1, ?)'),
    vacuum: prepare('PRAGMA incremental_vacuum(1000)'),
    list: (query: ListQuery): ExecutionRow[] => {
      const filters: [string, SQLInputValue | undefined][] = [
        ['user = ?', query.user], ['status = ?', query.status], ['workflow = ?', query.workflow],
        ['session_id = ?', query.sessionId], ['ordinal < ?', query.before],
      ];
      const given = filters.filter((filter): filter is [string, SQLInputValue] => filter[1] !== undefined);
      const where = given.map(([condition]) => condition).join(' AND ');
      let statement = listing.get(where);
      if (!statement) {
        statement = prepare(`SELECT * FROM executions ${where && `WHERE ${where}`} ORDER BY ordinal DESC LIMIT ?`);
        listing.set(where, statement);
      }
      return statement.all(...given.map(([, value]) => value), query.limit) as unknown as ExecutionRow[];
    },
  };
}
