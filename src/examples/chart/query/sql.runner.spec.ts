import { describe, expect, it } from '@jest/globals';
import { SqlRunner } from './sql.runner.js';

const runner = new SqlRunner();
const run = (sql: string) => runner.run(sql, new AbortController().signal);

describe('a query', () => {
  it('is answered with columns and rows', async () => {
    expect(await run('SELECT state, COUNT(*) AS strikes FROM birdstrikes GROUP BY 1 ORDER BY 2 DESC LIMIT 2;')).toEqual({
      columns: ['state', 'strikes'], rows: [{ state: 'Texas', strikes: 1495 }, { state: 'California', strikes: 890 }], truncated: false,
    });
    expect(await run("SELECT speed_knots AS speed FROM birdstrikes WHERE state = 'Atlantis'")).toEqual({ columns: ['speed'], rows: [], truncated: false });
  });

  it('may have subqueries, windows, dates and a recursion that ends', async () => {
    const { rows } = await run(`WITH RECURSIVE years(y) AS (SELECT 1990 UNION ALL SELECT y + 1 FROM years WHERE y < 1992), found AS (SELECT * FROM birdstrikes)
      SELECT CAST(y AS TEXT) AS year, (SELECT COUNT(*) FROM found WHERE strftime('%Y', flight_date) = CAST(y AS TEXT)) AS strikes, SUM(y) OVER (ORDER BY y) AS total, (SELECT COUNT(*) FROM years) AS n FROM years`);
    expect(rows).toEqual([{ year: '1990', strikes: 463, total: 1990, n: 3 }, { year: '1991', strikes: 571, total: 3981, n: 3 }, { year: '1992', strikes: 657, total: 5973, n: 3 }]);
  });

  it('gives 1,000 rows at most, and says so', async () => {
    const { rows, truncated } = await run('SELECT id FROM birdstrikes');
    expect(rows).toHaveLength(1000);
    expect(truncated).toBe(true);
    expect((await run('SELECT id FROM birdstrikes LIMIT 1000')).truncated).toBe(false);
  });

  it.each([
    ['SELECT nowhere FROM birdstrikes', 'no such column: nowhere'],
    ['SELECT FROM birdstrikes', 'syntax error'],
    ['SELECT state, state FROM birdstrikes', 'two columns are called state'],
    ['SELECT * FROM birdstrikes', 'the answer has 15 columns'],
    ['SELECT CAST(state AS BLOB) AS bytes FROM birdstrikes', 'holds bytes'],
    ['SELECT 9007199254740993 AS big', 'too large'],
  ])('that is wrong is refused with what SQLite says: %s', async (sql, reason) => {
    await expect(run(sql)).rejects.toMatchObject({ code: 'sql_refused', message: expect.stringContaining(reason) });
  });
});
