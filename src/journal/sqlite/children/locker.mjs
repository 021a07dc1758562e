/** Another program that has a database to itself until it is told to let go. */
import { DatabaseSync } from 'node:sqlite';

const db = new DatabaseSync(process.argv[2]);
db.exec('BEGIN EXCLUSIVE');
process.send({ type: 'locked' });
process.on('message', () => {
  db.exec('COMMIT');
  db.close();
  process.send({ type: 'released' }, () => process.disconnect());
});
