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
