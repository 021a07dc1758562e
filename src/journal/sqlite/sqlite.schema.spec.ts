import { describe, expect, it } from '@jest/globals';
import { DatabaseSync } from 'node:sqlite';
import { APPLICATION_ID, migrate, MIGRATIONS } from './sqlite.schema.js';

const value = (db: DatabaseSync, sql: string) => Object.values(db.prepare(sql).get() as Record<string, number>)[0];

describe('migrate', () => {
  it('makes a new database ours, at the latest version', () => {
    const db = new DatabaseSync(':memory:');
    migrate(db);
    expect(value(db, 'PRAGMA application_id')).toBe(APPLICATION_ID);
    expect(value(db, 'PRAGMA user_version')).toBe(MIGRATIONS.length);
    expect(value(db, 'PRAGMA auto_vacuum')).toBe(2);
    expect(value(db, 'SELECT count(*) FROM executions')).toBe(0);
  });

  it('does nothing to one that is up to date', () => {
    const db = new DatabaseSync(':memory:');
    migrate(db);
    db.exec("INSERT INTO workflows VALUES ('u', 'n', '{}', 1)");
    const before = value(db, 'PRAGMA schema_version');
    migrate(db);
    expect(value(db, 'PRAGMA schema_version')).toBe(before);
    expect(value(db, 'SELECT count(*) FROM workflows')).toBe(1);
  });

  it('brings an older one on step by step and keeps what it holds', () => {
    const db = new DatabaseSync(':memory:');
    migrate(db);
    db.exec("INSERT INTO workflows VALUES ('u', 'n', '{}', 1)");
    const later = [...MIGRATIONS, 'ALTER TABLE workflows ADD COLUMN note TEXT;', "UPDATE workflows SET note = 'from ' || user;"];
    migrate(db, later);
    expect(db.prepare('SELECT * FROM workflows').get()).toEqual({ user: 'u', name: 'n', definition: '{}', created_at: 1, note: 'from u' });
    expect(value(db, 'PRAGMA user_version')).toBe(MIGRATIONS.length + 2);
  });

  it('leaves a database at the last version it reached where a step fails', () => {
    const db = new DatabaseSync(':memory:');
    const faulty = [...MIGRATIONS, 'ALTER TABLE workflows ADD COLUMN note TEXT;', 'CREATE TABLE more (x TEXT); SELECT * FROM nowhere;'];
    expect(() => migrate(db, faulty)).toThrow('nowhere');
    expect(db.isTransaction).toBe(false);
    expect(value(db, 'PRAGMA user_version')).toBe(MIGRATIONS.length + 1);
    expect(value(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'more'")).toBe(0);
    migrate(db, [...MIGRATIONS, 'not run again', 'CREATE TABLE more (x TEXT);']);
    expect(value(db, 'PRAGMA user_version')).toBe(MIGRATIONS.length + 2);
  });

  it('refuses a foreign database, by its mark or by its tables, and a newer one', () => {
    const marked = new DatabaseSync(':memory:');
    marked.exec('PRAGMA application_id = 7');
    expect(() => migrate(marked)).toThrow('another application');
    const unmarked = new DatabaseSync(':memory:');
    unmarked.exec('CREATE TABLE theirs (x TEXT)');
    expect(() => migrate(unmarked)).toThrow('another application');
    expect(value(unmarked, 'PRAGMA auto_vacuum')).toBe(0);
    const newer = new DatabaseSync(':memory:');
    migrate(newer, [...MIGRATIONS, 'CREATE TABLE more (x TEXT);']);
    expect(() => migrate(newer)).toThrow('newer version of Stepcast');
  });
});
