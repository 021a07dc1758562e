import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OpenJournal } from '../conformance/fixture.conformance.js';
import { describeJournal } from '../journal.conformance.js';
import { SqliteJournal } from './sqlite-journal.js';

async function openIn(dataDir: string): Promise<OpenJournal> {
  const openOne = async () => {
    const journal = new SqliteJournal({ dataDir });
    await journal.open();
    return journal;
  };
  const opened: OpenJournal = {
    journal: await openOne(),
    reopen: async () => {
      await opened.journal.close();
      return (opened.journal = await openOne());
    },
    dispose: async () => {
      await opened.journal.close();
      if (dataDir !== ':memory:') await rm(dataDir, { recursive: true });
    },
  };
  return opened;
}

describeJournal('SqliteJournal on a file', async () => openIn(await mkdtemp(join(tmpdir(), 'stepcast-'))));
describeJournal('SqliteJournal in memory', () => openIn(':memory:'), { durable: false });
