import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { settled } from '../../../../test/support/manual-clock.js';
import { eventually, within } from '../../../../test/support/patience.js';
import { DATASET_FILE } from '../dataset/dataset.js';
import { SqlRunner } from './sql.runner.js';

const runner = new SqlRunner();
const run = (sql: string, limitMs?: number) => runner.run(sql, new AbortController().signal, limitMs === undefined ? {} : { limitMs });
const ENDLESS = 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT COUNT(*) AS n FROM c';

const endOfAll = () => eventually(() => !process.getActiveResourcesInfo().includes('ProcessWrap'), 'the end of all processes');
// No process is left behind.
afterEach(endOfAll);

describe('a query that means harm', () => {
  const before = createHash('sha256').update(readFileSync(DATASET_FILE)).digest('hex');

  it.each([
    // Names that the guard does not see for names: a text in quotes is a table for SQLite.
    ["SELECT name FROM 'sqlite_master'", /prohibited|not authorized/],
    ["SELECT * FROM 'pragma_database_list'", /prohibited|not authorized/],
    ["SELECT COUNT(*) FROM 'sqlite_master'", /prohibited|not authorized/],
    ["SELECT value FROM 'json_each'('[1, 2]')", /prohibited|not authorized|syntax/],
    ['SELECT hex(randomblob(1000000000)) AS x', /not authorized to use function/],
    ['SELECT random() AS x', /not authorized to use function/],
    ["SELECT readfile('/etc/passwd') AS x", /no such function/],
    ["SELECT printf('%.*c', 1000000000, 'x') AS x", /too big/],
    ["WITH RECURSIVE c(x) AS (SELECT 'aaaa' UNION ALL SELECT x || x FROM c) SELECT MAX(length(x)) AS n FROM c", /too big/],
    [`SELECT ${'1+'.repeat(1000)}1 AS x`, /depth|too large/i],
    [`SELECT 1 AS x ${'UNION SELECT 1 '.repeat(50)}`, /too many terms/],
  ])('is refused: %s', async (sql, reason) => {
    await expect(run(sql)).rejects.toMatchObject({ code: 'sql_refused', message: expect.stringMatching(reason) });
  });

  it.each([
    ['counts without end', ENDLESS],
    ['remembers without end', 'WITH RECURSIVE c(x) AS (SELECT 1 UNION SELECT x + 1 FROM c) SELECT MAX(x) AS n FROM c'],
    ['joins the table with itself', 'SELECT COUNT(*) AS n FROM birdstrikes a, birdstrikes b, birdstrikes c WHERE a.id + b.id + c.id = 0'],
    ['waits for a row that never comes', 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c WHERE x < 0'],
    ['matches a pattern that takes for ever', `SELECT COUNT(*) AS n FROM birdstrikes a, birdstrikes b WHERE a.airport || b.airport LIKE '${'%a'.repeat(40)}%zz'`],
  ])('and %s is killed', async (_what, sql) => {
    await expect(run(sql, 200)).rejects.toMatchObject({ code: 'sql_refused', message: expect.stringMatching(/took longer than 0.2 s|too much memory|out of memory/) });
  });

  it('is killed when the step is cancelled, which is no error', async () => {
    const errors = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const cancel = new AbortController();
    const endless = runner.run(ENDLESS, cancel.signal, { limitMs: 60_000 });
    // Its process has been started.
    await settled();
    cancel.abort(new Error('enough'));
    await expect(endless).rejects.toThrow('enough');
    await endOfAll();
    await settled();
    expect(errors).not.toHaveBeenCalled();
    errors.mockRestore();
    await expect(runner.run('SELECT 1 AS x', AbortSignal.abort(new Error('before')))).rejects.toThrow('before');
  });

  it('ends also where who started it is dead', async () => {
    const script = fileURLToPath(new URL('./sql.child.ts', import.meta.url));
    const child = spawn(process.execPath, ['--no-warnings', script], { stdio: ['pipe', 'ignore', 'ignore'] });
    child.stdin.end(JSON.stringify({ file: DATASET_FILE, sql: ENDLESS, limitMs: -900 }));
    expect(await within(once(child, 'exit'), 'the end of the process')).toEqual([null, 'SIGKILL']);
  });

  it('leaves the file as it was', () => {
    expect(createHash('sha256').update(readFileSync(DATASET_FILE)).digest('hex')).toBe(before);
  });
});
