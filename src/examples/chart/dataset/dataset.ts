/**
 * What the data set holds: read from it once, when the first question is asked, in a few milliseconds. It is read only
 * and ships with this package, so what was read stays true.
 */
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { Injectable } from '@nestjs/common';
import { assetUrl } from '../../../assets.js';
import { type Column, COLUMNS, TABLE } from './columns.js';

/** The build copies it (`assets` in nest-cli.json). */
export const DATASET_FILE = fileURLToPath(assetUrl('./examples/chart/dataset/birdstrikes.sqlite'));

export interface Profile {
  rows: number;
  /** ISO dates of the first row and the last. */
  first: string;
  last: string;
  columns: readonly Column[];
  /** Every value of the columns of text, the most frequent first. */
  values: ReadonlyMap<string, readonly string[]>;
  /** The least and the greatest of the columns of numbers. */
  ranges: ReadonlyMap<string, { least: number; most: number }>;
}

@Injectable()
export class Dataset {
  private read: Profile | undefined;

  get profile(): Profile {
    return (this.read ??= readProfile());
  }
}

function readProfile(): Profile {
  const db = new DatabaseSync(DATASET_FILE, { readOnly: true });
  try {
    const { rows, first, last } = db.prepare(`SELECT count(*) AS rows, min(flight_date) AS first, max(flight_date) AS last FROM ${TABLE}`).get() as { rows: number; first: string; last: string };
    const values = new Map<string, string[]>();
    const ranges = new Map<string, { least: number; most: number }>();
    for (const { name, kind } of COLUMNS) {
      if (kind === 'text') {
        const found = db.prepare(`SELECT ${name} AS value FROM ${TABLE} GROUP BY 1 ORDER BY count(*) DESC, 1`).all() as { value: string }[];
        values.set(name, found.map(({ value }) => value));
      } else if (kind === 'number') {
        ranges.set(name, db.prepare(`SELECT min(${name}) AS least, max(${name}) AS most FROM ${TABLE}`).get() as { least: number; most: number });
      }
    }
    return { rows, first, last, columns: COLUMNS, values, ranges };
  } finally {
    db.close();
  }
}
