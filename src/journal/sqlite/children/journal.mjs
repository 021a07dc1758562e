/** A process with a journal of its own. It tells its parent of its health, and does what it is told: one step a message. */
import { SqliteJournal } from '../sqlite-journal.js';
import { Owner } from '../../conformance/fixture.conformance.js';

const journal = new SqliteJournal({ dataDir: process.argv[2] });
/** @type {Owner} */
let owner;

const steps = {
  start: async () => {
    owner = await Owner.start(journal);
  },
  append: async ({ count, length }) => {
    owner.append(count, 'x'.repeat(length ?? 10));
  },
  flush: () => journal.flushed(),
  /** Appends and lets go of everything that keeps the process alive, but for the events. */
  appendAndLeave: async ({ count }) => {
    owner.append(count);
    process.send({ type: 'left' }, () => process.disconnect());
  },
  close: () => journal.close(),
};

journal.health$.subscribe((health) => process.connected && process.send({ type: 'health', ...health }));
process.on('message', ({ step, ...options }) => {
  steps[step](options).then(
    () => process.connected && process.send({ type: 'done', step, id: owner?.id, seq: owner?.seq }),
    (error) => process.send({ type: 'failed', step, code: error.code, message: error.message }),
  );
});
await journal.open();
