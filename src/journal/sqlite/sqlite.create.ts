/** A new execution, with its Idempotency-Key, in one transaction: the same key and request answer with the same execution. */
import { idempotencyConflict } from '../idempotency.conflict.js';
import { type NewExecution, type OwnedExecution } from '../journal.types.js';
import { type OwnedRow, ownedOf } from './sqlite.statements.js';
import { toText } from './sqlite.text.js';
import { type SqliteWriter } from './sqlite.writer.js';

/** @throws StepcastError `idempotency_conflict` where the key was used with another request */
export async function create(writer: SqliteWriter, execution: NewExecution): Promise<{ record: OwnedExecution; created: boolean }> {
  const definition = JSON.stringify(execution.definition);
  const input = JSON.stringify(execution.input);
  const { idempotency, sessionId } = execution;
  const [id, user, workflow, fingerprint] = [execution.id, execution.user, execution.workflow, execution.fingerprint].map(toText) as [string, string, string, string];
  return writer.operate((log, created) => {
    const { sql } = log;
    if (idempotency) {
      const key = toText(idempotency.key);
      const known = sql.findKey.get(user, key) as { fingerprint: string; execution: string } | undefined;
      if (known && known.fingerprint !== toText(idempotency.fingerprint)) throw idempotencyConflict();
      if (known) return { record: log.current(ownedOf(sql.findOwned.get(known.execution) as unknown as OwnedRow)), created: false };
      sql.insertKey.run(user, key, toText(idempotency.fingerprint), id);
    }
    const row = sql.insertExecution.get(
      id, user, workflow, sessionId === null ? null : toText(sessionId), execution.createdAt, execution.source, definition, fingerprint, input, execution.traceparent ?? null,
    );
    const record = ownedOf(row as unknown as OwnedRow);
    log.created(record);
    created.push(record);
    return { record, created: true };
  });
}
