import { existsSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from '@jest/globals';
import { COLUMNS } from './columns.js';
import { Dataset, DATASET_FILE } from './dataset.js';

describe('the data set', () => {
  const { profile } = new Dataset();

  it('is a small file that stands alone and is whole', () => {
    expect(statSync(DATASET_FILE).size).toBeLessThan(1.5 * 1024 * 1024);
    for (const ending of ['-wal', '-shm', '-journal']) expect(existsSync(DATASET_FILE + ending)).toBe(false);
    const db = new DatabaseSync(DATASET_FILE, { readOnly: true });
    expect(db.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    expect(db.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'delete' });
    db.close();
  });

  it('holds what its README says', () => {
    const db = new DatabaseSync(DATASET_FILE, { readOnly: true });
    const found = db.prepare("SELECT count(*) AS strikes, sum(cost_total) AS cost, sum(cost_total = 0) AS free, sum(speed_knots IS NULL) AS unknown, sum(damage IN ('B', 'C')) AS odd, sum(cost_repair + cost_other <> cost_total) AS wrong, count(DISTINCT airport) AS airports FROM birdstrikes").get();
    expect(found).toEqual({ strikes: 10_000, cost: 40_545_276, free: 9791, unknown: 2836, odd: 15, wrong: 0, airports: 50 });
    db.close();
  });

  it('is described by its columns, and by what is in them', () => {
    const db = new DatabaseSync(DATASET_FILE, { readOnly: true });
    const names = db.prepare("SELECT name FROM pragma_table_info('birdstrikes')").all().map(({ name }) => name);
    expect(COLUMNS.map(({ name }) => name).toSorted()).toEqual(names.filter((name) => name !== 'id').toSorted());
    db.close();
    expect(profile).toMatchObject({ rows: 10_000, first: '1990-01-08', last: '2002-07-25' });
    expect(profile.values.get('state')).toHaveLength(29);
    expect(profile.values.get('species')?.[0]).toBe('Unknown bird - small');
    expect(profile.ranges.get('speed_knots')).toEqual({ least: 0, most: 350 });
    for (const { name, order } of COLUMNS) if (order) expect(order.toSorted()).toEqual(profile.values.get(name)?.toSorted());
  });
});
