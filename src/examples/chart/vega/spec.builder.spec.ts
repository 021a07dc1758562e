import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, it } from '@jest/globals';
import { type JsonObject } from '../../../contract/json.js';
import { type Row } from '../chart.types.js';
import { Dataset, DATASET_FILE } from '../dataset/dataset.js';
import { Grammar } from '../grammar/grammar.js';
import { describeColumns } from './columns.js';
import { buildSpec, type Drawn, type SpecPlan } from './spec.builder.js';
import { SpecValidator } from './spec.validator.js';
import { fillTime } from './time.filler.js';

const validator = new SpecValidator();
const NEVER = new AbortController().signal;
const grammar = new Grammar(new Dataset());
const db = new DatabaseSync(DATASET_FILE, { readOnly: true });
afterAll(() => validator.onApplicationShutdown());
const PLAIN: SpecPlan = { title: 'Title', orders: {}, steps: {} };

const drawn = (rows: Row[], plan: Partial<SpecPlan> = {}): Drawn => buildSpec(describeColumns(Object.keys(rows[0] ?? {}), rows, {}), rows, { ...PLAIN, ...plan });

function answer(question: string): Drawn {
  const plan = grammar.plan(question);
  const rows = db.prepare(plan.sql).all().slice(0, 1000).map((row) => ({ ...row }) as Row);
  return buildSpec(describeColumns(Object.keys(rows[0] ?? {}), rows, plan.labels), rows, plan);
}
const valuesOf = ({ spec }: Drawn): Row[] => (spec['data'] as { values: Row[] }).values;
const markOf = ({ spec }: Drawn): unknown => (spec['mark'] as JsonObject)['type'];

describe('the chart of an answer', () => {
  it.each([
    ['number of strikes by state', 'bar', 'bar'],
    ['strikes by weekday', 'bar', 'bar'],
    ['10 most expensive strikes', 'bar', 'bar'],
    ['strikes by size and time of day', 'bar', 'bar'],
    ['strikes by speed', 'bar', 'bar'],
    ['average speed and cost by airline', 'bar', 'bar'],
    ['average speed and average cost', 'bar', 'bar'],
    ['strikes per month in Texas', 'line', 'line'],
    ['strikes by quarter', 'line', 'line'],
    ['strikes by day in 1998', 'line', 'line'],
    ['strikes per year by size', 'line', 'line'],
    ['average cost and number of strikes by year', 'line', 'line'],
    ['share of strikes by size', 'arc', 'arc'],
    ['share of strikes by state', 'bar', 'bar'],
    ['speed versus cost', 'scatter', 'point'],
    ['average speed vs average cost by species', 'scatter', 'point'],
    ['strikes by state per year', 'heatmap', 'rect'],
    ['strikes by species per quarter', 'heatmap', 'rect'],
    ['strikes by airport and species', 'heatmap', 'rect'],
    ['how many strikes', 'number', 'text'],
  ])('“%s” is of the form %s, and Vega-Lite', async (question, form, mark) => {
    const chart = answer(question);
    expect([chart.form, markOf(chart)]).toEqual([form, mark]);
    await validator.assertValid(chart.spec, NEVER);
    expect(valuesOf(chart).length).toBeGreaterThan(0);
    // Every field that is drawn is there.
    const fields = [...JSON.stringify(chart.spec['encoding']).matchAll(/"field":"([^"]+)"/g)].map(([, field]) => field as string);
    expect(fields.length).toBeGreaterThan(0);
    for (const field of fields) expect(valuesOf(chart)[0]).toHaveProperty([field]);
  });

  it('keeps the order that categories have, and else that of the rows', () => {
    expect(answer('strikes by phase').spec).toMatchObject({ encoding: { y: { sort: ['Parked', 'Taxi', 'Take-off run', 'Climb', 'Descent', 'Approach', 'Landing Roll'] } } });
    expect(answer('strikes by state').spec).toMatchObject({ encoding: { y: { sort: null } } });
  });

  it('shows what was not there as nothing, where rows are counted, and says so', () => {
    const chart = answer('coyote strikes by year');
    expect(valuesOf(chart).filter(({ strikes }) => strikes === 0).length).toBeGreaterThan(0);
    expect(valuesOf(chart).map(({ year }) => year)).toEqual(Array.from({ length: valuesOf(chart).length }, (_, i) => String(Number(valuesOf(chart)[0]?.['year']) + i)));
    expect(chart.notes).toEqual(['A year without a record is drawn as 0.']);
    // An average of nothing is not 0.
    expect(answer('average cost of coyote strikes by year').notes).toEqual([]);
  });

  it('draws the first bars of many, and says so', () => {
    const chart = answer('strikes by aircraft');
    expect(valuesOf(chart)).toHaveLength(50);
    expect(chart.notes).toEqual(['The chart shows the first 50 of 225 rows.']);
  });

  it('takes the form that is asked for where the data allow it', () => {
    const rows = [{ a: 'x', n: 1 }, { a: 'y', n: 2 }];
    expect(drawn(rows, { form: 'arc' }).form).toBe('arc');
    expect(drawn([...rows, { a: 'z', n: -1 }], { form: 'arc' }).form).toBe('bar');
    expect(drawn(rows, { form: 'scatter' }).form).toBe('bar');
    expect(drawn([{ year: 1990, n: 1 }, { year: 1991, n: 2 }], { form: 'bar' }).form).toBe('bar');
    expect(drawn([{ a: 'x', b: 'p', n: 1 }, { a: 'x', b: 'q', n: 2 }], { form: 'heatmap' }).form).toBe('heatmap');
  });

  it('knows times, and does not read them as midnight in London', () => {
    expect(drawn([{ month: '1998-07', n: 1 }, { month: '1998-08', n: 2 }]).spec['data']).toMatchObject({ format: { parse: { month: "date:'%Y-%m'" } } });
    expect(drawn([{ year: 1998, n: 1 }, { year: 1999, n: 2 }]).form).toBe('line');
    // Numbers of that size that are no years.
    expect(drawn([{ knots: 1998, n: 1 }, { knots: 1999, n: 2 }]).form).toBe('scatter');
  });

  it('takes names of columns as they are, with all that Vega-Lite would read in them', async () => {
    const rows = [{ "a.b['c']": 'x', 'count(*)': 1, __proto__x: 2 }, { "a.b['c']": 'y', 'count(*)': 2, __proto__x: 3 }];
    const chart = drawn(rows);
    expect(chart.spec).toMatchObject({ encoding: { y: { field: "a\\.b\\[\\'c\\'\\]" } } });
    await validator.assertValid(chart.spec, NEVER);
  });

  it('is none where nothing can be drawn', () => {
    expect(() => drawn([{ a: 'x' }])).toThrow('no column of the answer holds numbers');
  });
});

describe('stretches of time without a row', () => {
  it('are filled for each series, across years', () => {
    const rows = [{ month: '1998-11', size: 'Small', n: 1 }, { month: '1999-02', size: 'Large', n: 2 }];
    expect(fillTime(rows, { column: 'month', unit: 'month' }, ['size'], ['n'])).toEqual([
      { month: '1998-11', size: 'Small', n: 1 }, { month: '1998-12', size: 'Small', n: 0 }, { month: '1999-01', size: 'Small', n: 0 }, { month: '1999-02', size: 'Small', n: 0 },
      { month: '1998-11', size: 'Large', n: 0 }, { month: '1998-12', size: 'Large', n: 0 }, { month: '1999-01', size: 'Large', n: 0 }, { month: '1999-02', size: 'Large', n: 2 },
    ]);
  });

  it.each([
    ['day' as const, ['2000-02-28', '2000-03-01'], ['2000-02-28', '2000-02-29', '2000-03-01']],
    ['quarter' as const, ['1998-10', '1999-04'], ['1998-10', '1999-01', '1999-04']],
    ['year' as const, ['1998', '2000'], ['1998', '1999', '2000']],
  ])('go by the %s', (unit, given, all) => {
    expect(fillTime(given.map((time) => ({ time, n: 1 })), { column: 'time', unit }, [], ['n']).map(({ time }) => time)).toEqual(all);
  });

  it('are left out where they would be too many', () => {
    const rows = [{ time: '1000-01-01', n: 1 }, { time: '1990-01-01', n: 1 }];
    expect(fillTime(rows, { column: 'time', unit: 'day' }, [], ['n'])).toEqual(rows);
    expect(fillTime([], { column: 'time', unit: 'day' }, [], ['n'])).toEqual([]);
  });
});
