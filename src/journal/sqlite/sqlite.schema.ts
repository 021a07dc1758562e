import { type DatabaseSync } from 'node:sqlite';

/** "STPC": marks a file as a Stepcast journal, so that a foreign one is never written to. */
export const APPLICATION_ID = 0x53545043;

/** Each entry brings the schema on by one `user_version`. Entries are never changed once released, only added. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE executions (
    ordinal INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    user TEXT NOT NULL,
    workflow TEXT NOT NULL,
    session_id TEXT,
    status TEXT NOT NULL,
    progress REAL NOT NULL,
    last_seq INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    finished_at INTEGER,
    error TEXT,
    source TEXT NOT NULL,
    definition TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    input TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    resumes INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX executions_by_user ON executions (user, ordinal);
  CREATE INDEX executions_by_workflow ON executions (user, workflow, ordinal);
  CREATE INDEX executions_by_session ON executions (session_id, ordinal) WHERE session_id IS NOT NULL;
  CREATE INDEX executions_unfinished ON executions (ordinal) WHERE finished_at IS NULL;
  CREATE INDEX executions_finished ON executions (finished_at) WHERE finished_at IS NOT NULL;

  -- What an execution gave in one turn, in the order of the turns.
  CREATE TABLE batches (
    id INTEGER PRIMARY KEY,
    execution INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    types TEXT NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  -- The batches of an execution, several an entry: [id, last_seq, id, last_seq, …]; complete once it has ended.
  CREATE TABLE batch_index (
    execution INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    batches TEXT NOT NULL,
    PRIMARY KEY (execution, last_seq)
  ) STRICT, WITHOUT ROWID;
  -- Batches up to this one are in the index.
  CREATE TABLE batch_index_mark (id INTEGER PRIMARY KEY CHECK (id = 1), batch INTEGER NOT NULL) STRICT;

  CREATE TABLE idempotency_keys (
    user TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    execution TEXT NOT NULL,
    PRIMARY KEY (user, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX idempotency_by_execution ON idempotency_keys (execution);

  CREATE TABLE workflows (
    user TEXT NOT NULL,
    name TEXT NOT NULL,
    definition TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user, name)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE api_keys (
    ordinal INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL UNIQUE,
    name TEXT,
    user TEXT NOT NULL,
    roles TEXT NOT NULL,
    scopes TEXT,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    expires_at INTEGER,
    last_used_at INTEGER
  ) STRICT;

  CREATE TABLE removed_executions (
    id TEXT PRIMARY KEY,
    user TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    removed_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE probe (id INTEGER PRIMARY KEY CHECK (id = 1), at INTEGER NOT NULL) STRICT;
  `,
  `
  -- How far those have come who read all executions: the id of a batch.
  CREATE TABLE cursors (name TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  -- Batches up to this one have been there, though the last of them may be removed by now: no id is given twice.
  CREATE TABLE batch_last (id INTEGER PRIMARY KEY CHECK (id = 1), batch INTEGER NOT NULL) STRICT;
  `,
  `
  ALTER TABLE executions ADD COLUMN traceparent TEXT;
  `,
  `
  -- Results of agents that are given again. The body, which may be long, comes last: who walks through vectors does not read it.
  CREATE TABLE cache_entries (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    near TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    vector BLOB,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX cache_by_owner ON cache_entries (owner, id);
  CREATE INDEX cache_by_group ON cache_entries (near, id) WHERE near IS NOT NULL;
  CREATE INDEX cache_by_expiry ON cache_entries (expires_at);
  -- What each owner has, so that nobody has to count it.
  CREATE TABLE cache_owners (owner TEXT PRIMARY KEY, entries INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TRIGGER cache_added AFTER INSERT ON cache_entries BEGIN
    INSERT INTO cache_owners (owner, entries, bytes) VALUES (new.owner, 1, new.bytes)
      ON CONFLICT (owner) DO UPDATE SET entries = entries + 1, bytes = bytes + excluded.bytes;
  END;
  CREATE TRIGGER cache_removed AFTER DELETE ON cache_entries BEGIN
    UPDATE cache_owners SET entries = entries - 1, bytes = bytes - old.bytes WHERE owner = old.owner;
    DELETE FROM cache_owners WHERE owner = old.owner AND entries = 0;
  END;
  `,
];

/**
 * Checks that a database is a Stepcast journal, or empty, and brings its schema up to date. One that is not ours is
 * read only. `prepare` is run in between: what is set there holds for the making of the schema.
 * @throws Error with a message for the operator where it is foreign or newer than this version.
 */
export function migrate(db: DatabaseSync, migrations: readonly string[] = MIGRATIONS, prepare = ''): void {
  const applicationId = pragma(db, 'application_id');
  const tables = (db.prepare('SELECT count(*) AS n FROM sqlite_schema').get() as { n: number }).n;
  if (applicationId !== APPLICATION_ID && (applicationId !== 0 || tables > 0)) {
    throw new Error('it is a database of another application; move it away or set STEPCAST_DATA_DIR to another folder');
  }
  const version = pragma(db, 'user_version');
  if (version > migrations.length) {
    throw new Error(`it was written by a newer version of Stepcast (schema ${version}, this one knows ${migrations.length}); start that version or set STEPCAST_DATA_DIR to another folder`);
  }
  // Lets a sweep give disk space back; it can be chosen only before the first table.
  if (tables === 0) db.exec('PRAGMA auto_vacuum = INCREMENTAL');
  db.exec(prepare);
  for (let next = version; next < migrations.length; next++) {
    db.exec('BEGIN IMMEDIATE');
    try {
      db.exec(`${migrations[next]} PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${next + 1}; COMMIT`);
    } catch (error) {
      // Where SQLite has undone it by itself there is nothing left to undo.
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    }
  }
}

function pragma(db: DatabaseSync, name: string): number {
  return Object.values(db.prepare(`PRAGMA ${name}`).get() as Record<string, number>)[0] as number;
}
