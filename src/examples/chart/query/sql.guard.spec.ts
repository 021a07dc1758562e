import { describe, expect, it } from '@jest/globals';
import { guardSql, MAX_SQL_LENGTH } from './sql.guard.js';

describe('the guard of SQL', () => {
  it.each([
    'SELECT count(*) FROM birdstrikes',
    '  select 1 ;  ',
    '-- how many\nSELECT count(*) /* all of them; really */ FROM birdstrikes;;',
    'WITH months AS (SELECT substr(flight_date, 1, 7) AS month FROM birdstrikes) SELECT month, count(*) FROM months GROUP BY 1',
    "SELECT replace(airport, 'INTL; DROP TABLE x', 'INTERNATIONAL') FROM birdstrikes",
    "SELECT 'it''s; PRAGMA :x ?' AS a, \"state\", [state], `state` FROM birdstrikes",
    'SELECT 1.5e3, .5, 0x1F',
  ])('lets one SELECT pass: %s', (sql) => {
    expect(guardSql(sql)).toBe(sql.trim().replace(/[;\s]+$/, ''));
  });

  it.each([
    ['', 'there is no SQL'],
    ['-- only words', 'there is no SQL'],
    [';', 'there is no SQL'],
    ['DROP TABLE birdstrikes', 'must be one SELECT'],
    ['VALUES (1)', 'must be one SELECT'],
    ['PRAGMA table_info(birdstrikes)', 'must be one SELECT'],
    ['EXPLAIN SELECT 1', 'must be one SELECT'],
    ["ATTACH 'other.db' AS o", 'must be one SELECT'],
    ['SELECT 1; SELECT 2', 'more than one statement'],
    ["SELECT 1; ATTACH 'x' AS y", 'more than one statement'],
    ['SELECT 1 /* ; */ ; -- ;\n DELETE FROM birdstrikes', 'more than one statement'],
    ['WITH x AS (SELECT 1) DELETE FROM birdstrikes', 'DELETE is not allowed'],
    ['WITH x AS (SELECT 1) INSERT INTO birdstrikes SELECT * FROM x', 'INSERT is not allowed'],
    ['WITH x AS (SELECT 1) REPLACE INTO birdstrikes SELECT 1', 'REPLACE is not allowed'],
    ['WITH x AS (SELECT 1) UPDATE birdstrikes SET state = 1', 'UPDATE is not allowed'],
    ["SELECT * FROM pragma_table_info('birdstrikes')", 'pragma_table_info is not allowed'],
    ['SELECT * FROM "PRAGMA_database_list"', 'pragma_database_list is not allowed'],
    ['SELECT * FROM sqlite_master', 'sqlite_master is not allowed'],
    ['SELECT * FROM [sqlite_schema]', 'sqlite_schema is not allowed'],
    ["SELECT load_extension('x')", 'load_extension is not allowed'],
    ['SELECT * FROM birdstrikes WHERE state = ?', 'a parameter'],
    ['SELECT * FROM birdstrikes WHERE state = :state', 'a parameter'],
    ['SELECT @x, $y', 'a parameter'],
    ["SELECT 'open", 'not closed'],
    ['SELECT "open', 'not closed'],
    ['SELECT \0 1', 'NUL'],
    [`SELECT '${'x'.repeat(MAX_SQL_LENGTH)}'`, 'longer than'],
  ])('refuses %s', (sql, reason) => {
    expect(() => guardSql(sql)).toThrow(expect.objectContaining({ code: 'sql_refused', message: expect.stringContaining(reason) }));
  });

  it('reads what is long in time', () => {
    for (const sql of [`SELECT ${'('.repeat(9000)}`, `SELECT ${"'".repeat(9001)}`, `SELECT ${'/*'.repeat(4000)}`, `SELECT ${'- '.repeat(4000)}`]) {
      try {
        guardSql(sql);
      } catch (error) {
        expect(error).toMatchObject({ code: 'sql_refused' });
      }
    }
  });
});
