/** The disk fills up under the running service, and has room again later; on a disk of its own, or where none may be mounted, by a limit on files. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { agent, input, workflow } from '../../src/orchestration/definition/builder.js';
import { eventually } from '../support/patience.js';
import { health, whenHealth } from './support/health.js';
import { Lineage } from './support/lineage.js';
import { Watched } from './support/watched.js';

const FULL = /stepcast\.db: (database or disk is full|disk I\/O error|unable to open database file): .*(free some space|check the disk, its free space and the limits of the process|the disk is not full)/;
const TIMEOUT = 120_000;
const LIMIT_KIB = 8192;

/** A disk that can be filled and cleared. */
interface Disk {
  dataDir?: string;
  fileLimitKib?: number;
  fill(lineage: Lineage): void;
  clear(lineage: Lineage): void;
  remove(): void;
}

function mounted(): Disk | undefined {
  const dataDir = mkdtempSync(join(tmpdir(), 'stepcast-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'stepcast-test', dataDir], { stdio: 'pipe' });
  } catch {
    rmSync(dataDir, { recursive: true });
    return undefined;
  }
  const filler = join(dataDir, 'filler');
  return {
    dataDir,
    fill: () => {
      for (const size of [65_536, 4096, 1]) {
        try {
          for (;;) appendFileSync(filler, Buffer.alloc(size));
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        }
      }
    },
    clear: () => {
      execFileSync('mount', ['-o', 'remount,size=128m', dataDir]);
      rmSync(filler, { force: true });
    },
    remove: () => {
      execFileSync('umount', ['-l', dataDir]);
      rmSync(dataDir, { recursive: true });
    },
  };
}

/** The limit is there from the start, and what is written comes to it; it is lifted while the process runs. */
function limited(): Disk {
  return {
    fileLimitKib: LIMIT_KIB,
    fill: () => undefined,
    clear: (lineage) => execFileSync('prlimit', ['--pid', String(lineage.pid), '--fsize=unlimited:unlimited']),
    remove: () => undefined,
  };
}

/** Gives what it is asked for in pieces of some KiB each, slowly enough for several transactions. */
const filling = workflow('filling', agent('before', 'echo', { input: 'kept' }), agent('words', 'tokens', { input: { text: 'x'.repeat(150_000), count: 300, intervalMs: 20 } }), agent('after', 'echo'));
const asking = workflow('asking', input('ask'));

let lineage: Lineage;
let disk: Disk;
afterEach(async () => {
  await lineage.dispose({ keepData: true });
  disk.remove();
});

const supported = process.platform === 'linux';
if (!supported) process.stderr.write('SKIPPED: a full disk, which is made by mounting one or by prlimit\n');

(supported ? describe : describe.skip)('a full disk', () => {
  it('holds back what runs, and loses nothing of it; /health/ready says why, and all goes on where there is room again', async () => {
    disk = mounted() ?? limited();
    lineage = await Lineage.create(disk);
    await lineage.start();
    const { client } = lineage;
    const asks = await Watched.start(lineage, asking);
    await asks.until(({ type }) => type === 'input_required');
    const runs = await Promise.all(Array.from({ length: 20 }, () => Watched.start(lineage, filling)));
    await Promise.all(runs.map((run) => run.until(({ type }) => type === 'step_output', 3)));
    disk.fill(lineage);
    expect(await whenHealth(lineage, 503)).toMatch(FULL);

    // What can be done without writing is.
    expect((await client.get('//health/live')).status).toBe(200);
    expect((await client.status(asks.id)).status).toBe('waiting');
    expect((await client.openExecution(asks.id)).status).toBe(200);
    const start = () => client.post('/executions', { workflow: asking }, { 'idempotency-key': 'once' });
    expect((await start()).json).toMatchObject({ status: 503, code: 'journal_unavailable' });
    expect(runs.filter(({ log }) => log.at(-1)?.type === 'workflow_completed').length).toBeLessThan(runs.length);
    for (const { id, log } of runs) expect((await client.get(`/executions/${id}/events?after=${log.length - 1}&limit=1`)).json.events[0]).toEqual(log.at(-1));

    disk.clear(lineage);
    await whenHealth(lineage, 200);
    expect((await start()).status).toBe(202);
    expect((await client.post(`/executions/${asks.id}/input`, { value: true })).status).toBe(202);
    for (const run of [...runs, asks]) {
      const log = await run.whole();
      expect(log.at(-1)?.type).toBe('workflow_completed');
      // Nothing ran twice, and no text was lost: the output is what it is.
      expect(log.filter(({ type }) => type === 'step_started').every((event) => event.step?.attempt === 1)).toBe(true);
    }
    for (const { log } of runs) expect(log.at(-1)).toMatchObject({ data: { result: 'x'.repeat(150_000) } });
  }, TIMEOUT);

  it('keeps neither a shutdown nor the next start from their work', async () => {
    disk = mounted() ?? limited();
    lineage = await Lineage.create(disk);
    await lineage.start();
    const runs = await Promise.all(Array.from({ length: 20 }, () => Watched.start(lineage, filling)));
    await Promise.all(runs.map((run) => run.until(({ type }) => type === 'step_output', 3)));
    disk.fill(lineage);
    await whenHealth(lineage, 503);
    expect(await lineage.end('SIGTERM')).toEqual({ code: 0, signal: null });

    // On a disk that is still full it is up, and says what is wrong: it takes requests, and no executions.
    lineage.spawn();
    await eventually(() => /ready at http/.test(lineage.output), 'the start');
    const now = await health(lineage);
    if (now.status !== 200) expect(now.reason).toMatch(FULL);
    disk.clear(lineage);
    await whenHealth(lineage, 200);
    lineage.announce();
    for (const run of runs) {
      const log = await run.whole();
      expect(log.filter(({ type, step }) => type === 'step_started' && step?.name === 'before')).toHaveLength(1);
      expect(log.at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: 'x'.repeat(150_000) } });
    }
  }, TIMEOUT);
});
