/**
 * Fills a journal's file with finished executions, past the journal and by SQL alone: five million events through the engine
 * would take the time of all the other benches. The schema is the journal's own, and so are the shapes of the rows.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** So few that each has more executions than a list shows, in the smallest file too. */
const USERS = 2;

/** `{"seq":…}` of an event in the middle of an execution, about as long as a piece of text's. */
const JSON_TEXT = `printf('{"seq":%d,"type":"%s","executionId":"%s","workflow":"filled","timestamp":"2026-01-01T00:00:00.000Z","progress":0.5,'
  || '"step":{"id":"speak","name":"speak","type":"agent","index":0,"total":1,"attempt":1,"iteration":0,"status":"running"},'
  || '"data":{"delta":"twelve chars","kind":"text","offset":%d}}', n.seq, n.type, e.id, n.seq * 12)`;

const RANDOM_ID = `lower(printf('%s-%s-4%s-a%s-%s', hex(randomblob(4)), hex(randomblob(2)), substr(hex(randomblob(2)), 2), substr(hex(randomblob(2)), 2), hex(randomblob(6))))`;

/** Adds executions of `eventsEach` events until there are so many events in all; the journal must be closed. */
export function fillJournal(folder, { events, eventsEach }) {
  const db = new DatabaseSync(join(folder, 'stepcast.db'));
  try {
    // Nothing is lost that could not be filled in again.
    db.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -262144');
    const present = db.prepare('SELECT count(*) AS n, coalesce(max(ordinal), 0) AS last FROM executions').get();
    const executions = events / eventsEach - present.n;
    db.exec('BEGIN');
    db.prepare(`WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < ?)
      INSERT INTO executions (id, user, workflow, session_id, status, progress, last_seq, created_at, started_at, finished_at, error, source, definition, fingerprint, input, epoch, resumes)
      SELECT ${RANDOM_ID}, 'user' || (n % ${USERS}), 'filled', NULL, 'completed', 1, ?, 1767225600000 + n, 1767225600000 + n, 1767225601000 + n, NULL,
        'data', '{"name":"filled","steps":[{"type":"agent","name":"speak","agent":"tokens"}]}', 'filled', 'null', 1, 0 FROM i`).run(executions, eventsEach);
    db.exec('CREATE TEMP TABLE numbers (seq INTEGER PRIMARY KEY, type TEXT NOT NULL)');
    db.prepare(`WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < ?1)
      INSERT INTO numbers SELECT n, CASE n WHEN 1 THEN 'workflow_started' WHEN 2 THEN 'step_started' WHEN ?1 - 1 THEN 'step_completed' WHEN ?1 THEN 'workflow_completed' ELSE 'step_output' END FROM i`).run(eventsEach);
    // Each event a row of its own, as of agents that give a piece a turn: the most rows there can be.
    const { last: lastBatch } = db.prepare('SELECT coalesce(max(id), 0) AS last FROM batches').get();
    db.prepare(`INSERT INTO batches (id, execution, last_seq, types, body)
      SELECT ?2 + (e.ordinal - ?1 - 1) * ?3 + n.seq, e.ordinal, n.seq, n.type, ${JSON_TEXT} FROM executions e CROSS JOIN numbers n WHERE e.ordinal > ?1`).run(present.last, lastBatch, eventsEach);
    db.prepare(`INSERT INTO batch_index (execution, last_seq, batches)
      SELECT execution, max(last_seq), '[' || group_concat(id || ',' || last_seq ORDER BY id) || ']' FROM batches WHERE id > ? GROUP BY execution, (last_seq - 1) / 128`).run(lastBatch);
    db.exec('INSERT OR REPLACE INTO batch_index_mark (id, batch) SELECT 1, max(id) FROM batches');
    db.exec('COMMIT');
  } finally {
    db.close();
  }
}

/** Ids of some of the executions that were filled in, and the users they are of. */
export function filledSample(folder, count) {
  const db = new DatabaseSync(join(folder, 'stepcast.db'), { readOnly: true });
  try {
    return db.prepare("SELECT id, user, last_seq AS lastSeq FROM executions WHERE workflow = 'filled' ORDER BY random() LIMIT ?").all(count);
  } finally {
    db.close();
  }
}
