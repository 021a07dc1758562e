import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** The journal's file, seen through a connection of its own: what is in it is committed, whatever the service believes. */
export class JournalFile {
  private readonly db: DatabaseSync;

  constructor(dataDir: string) {
    this.db = new DatabaseSync(join(dataDir, 'stepcast.db'), { timeout: 5000 });
  }

  /** The stored JSON text of an event, where there is one. */
  event(executionId: string, seq: number): string | undefined {
    return this.events(executionId)[seq - 1];
  }

  events(executionId: string): string[] {
    const rows = this.db.prepare('SELECT body FROM batches WHERE execution = (SELECT ordinal FROM executions WHERE id = ?) ORDER BY id').all(executionId);
    return rows.flatMap((row) => (row['body'] as string).split('\n'));
  }

  /** The events of all executions, by id: in one go, as the rows of one lie among those of all others. */
  logs(): Map<string, string[]> {
    const rows = this.db.prepare('SELECT executions.id AS id, body FROM batches JOIN executions ON ordinal = execution ORDER BY batches.id').all();
    const logs = new Map<string, string[]>();
    for (const { id, body } of rows as { id: string; body: string }[]) {
      const log = logs.get(id);
      if (log) log.push(...body.split('\n'));
      else logs.set(id, body.split('\n'));
    }
    return logs;
  }

  /** Keeps everyone else from committing anything, until `unlock`. */
  lock(): void {
    this.db.exec('BEGIN IMMEDIATE');
  }

  unlock(): void {
    this.db.exec('ROLLBACK');
  }

  close(): void {
    this.db.close();
  }
}
