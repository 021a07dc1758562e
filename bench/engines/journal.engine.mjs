/** Stepcast's journal on a file with many events in it: how long an append, a resume and a list take. */
import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { answerCalls } from '../lib/calls.mjs';
import { range } from '../lib/engine.mjs';
import { filledSample, fillJournal } from '../lib/journal.fill.mjs';
import { EventMaker } from '../lib/server.mjs';
import { median } from '../lib/stats.mjs';
import { importStepcast } from '../lib/stepcast.mjs';

const { SqliteJournal } = await importStepcast();
const { RecordedEvent } = await importStepcast('journal/event-batch.js');

/** Executions that append at the same time, events each gives in a turn, and turns of one measurement. */
const WRITERS = 20;
const EVENTS_A_TURN = 5;
const TURNS = 50;
const LIST_LIMIT = 20;
const HEAD = { status: 'running', progress: 0.5, startedAt: 1_767_225_600_000, finishedAt: null, error: null };

let folder;

answerCalls({
  setup: async ({ dataDir }) => {
    folder = dataDir;
  },
  /** Brings the file to so many events; answers in how many seconds. */
  async fill(sizes) {
    const started = performance.now();
    // The journal makes the schema; the rows are then put in past it.
    await withJournal(async () => undefined);
    fillJournal(folder, sizes);
    return (performance.now() - started) / 1000;
  },
  /** Medians in microseconds: of an appended event, of a resume from the middle, and of a list of one user. */
  async measure({ samples }) {
    const picked = filledSample(folder, samples);
    return withJournal(async (journal) => ({
      append: await append(journal, samples / 10),
      resume: await medianOf(picked, ({ id, lastSeq }) => resume(journal, id, lastSeq)),
      list: await medianOf(picked, async ({ user }) => {
        const records = await journal.list({ user, limit: LIST_LIMIT });
        if (records.length === 0 || records.some((record) => record.user !== user)) throw new Error(`the list of ${user} is wrong`);
      }),
    }));
  },
});

async function withJournal(work) {
  const journal = new SqliteJournal({ dataDir: folder });
  await journal.open();
  try {
    return await work(journal);
  } finally {
    await journal.close();
  }
}

async function append(journal, samples) {
  const writers = await Promise.all(range(WRITERS, async () => {
    const { record } = await journal.create({
      id: randomUUID(), user: 'writer', workflow: 'append', sessionId: null, source: 'data', definition: { name: 'append', steps: [] },
      fingerprint: 'append', input: null, createdAt: Date.now(),
    });
    return { record, events: new EventMaker() };
  }));
  const turn = async () => {
    for (const { record, events } of writers) {
      for (let i = 0; i < EVENTS_A_TURN; i++) {
        const event = events.make('twelve chars');
        journal.append(record.id, record.epoch, new RecordedEvent(event.seq, event.type, JSON.stringify(event)), HEAD, () => undefined);
      }
    }
    await journal.flushed();
  };
  const micros = await medianOf(range(samples, () => undefined), async () => {
    for (let i = 0; i < TURNS; i++) await turn();
  });
  return micros / (TURNS * WRITERS * EVENTS_A_TURN);
}

/** Reads an execution from its middle to its end, as a reader that comes back does. */
function resume(journal, id, lastSeq) {
  return new Promise((resolve, reject) => {
    let seq = lastSeq >> 1;
    journal.follow(id, seq).subscribe({
      next: (batch) => {
        if (batch.firstSeq !== seq + 1) reject(new Error(`event ${batch.firstSeq} came where ${seq + 1} should have`));
        seq = batch.lastSeq;
      },
      error: reject,
      complete: () => (seq === lastSeq ? resolve() : reject(new Error(`the log ended at ${seq} and not at ${lastSeq}`))),
    });
  });
}

/** Median microseconds of `work` over the items. */
async function medianOf(items, work) {
  const micros = [];
  for (const item of items) {
    const started = performance.now();
    await work(item);
    micros.push((performance.now() - started) * 1000);
  }
  return median(micros);
}
