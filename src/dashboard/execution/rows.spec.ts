import { describe, expect, it } from '@jest/globals';
import { type JsonValue } from '../../contract/json.js';
import { rowsOf } from './rows.js';

describe('the rows of an output', () => {
  const found = (value: JsonValue) => {
    const rows = rowsOf(value);
    return rows && [rows.name, rows.columns.map(({ name, label }) => (name === label ? name : `${name}: ${label}`)), rows.cells];
  };

  it('are its rows, with the labels of its columns, in their order', () => {
    const rows: JsonValue = [{ year: 2019, strikes: 7 }, { year: 2020, strikes: null, more: 'x' }];
    expect(found({ columns: [{ name: 'strikes', label: 'Strikes', type: 'number' }, { name: 'year', label: 'Year' }], rows, spec: { mark: 'bar' } })).toEqual(['rows', ['strikes: Strikes', 'year: Year'], [[7, 2019], [null, 2020]]]);
    expect(found({ columns: ['year', { name: 'strikes', label: 7 }], rows })).toEqual(['rows', ['year', 'strikes'], [[2019, 7], [2020, null]]]);
    expect(found({ columns: ['a', { label: 'B' }], rows: [[1, { deep: true }], [2]] })).toEqual(['rows', ['a', '1: B'], [[1, { deep: true }], [2, undefined]]]);
    expect(found({ columns: ['a', 'a'], rows: [[1, 2]] })).toEqual(['rows', ['a', 'a'], [[1, 2]]]);
    expect(found({ columns: [{ name: 'a', label: 'A' }], rows: [] })).toEqual(['rows', ['a: A'], []]);
  });

  it('have the columns that are in them where none are given, or none of those that are', () => {
    const rows: JsonValue = [{ a: 1 }, { b: { deep: 2 }, a: 3 }];
    const others: JsonValue[] = [null, [], 'a', [{ title: 'A' }], ['constructor']];
    for (const columns of others) {
      expect(found({ columns, rows })).toEqual(['rows', ['a', 'b'], [[1, undefined], [3, { deep: 2 }]]]);
    }
  });

  it('are the first list of simple objects where nothing is called rows, and none where there is no such list', () => {
    expect(found([{ a: 1 }])).toEqual([undefined, ['a'], [[1]]]);
    expect(found({ title: 'x', list: [{ a: 1 }] })).toEqual(['list', ['a'], [[1]]]);
    expect(found({ rows: 3, list: [{ a: 1 }] })).toEqual(['list', ['a'], [[1]]]);
    expect(found({ rows: [1], list: [{ a: 1 }] })).toEqual(['list', ['a'], [[1]]]);
    for (const value of [null, 1, [], {}, [1], [[1]], { list: [{ a: [] }] }, { rows: [] }, { rows: [[1]] }, { rows: [{}] }, { rows: [1, { a: 1 }] }] as JsonValue[]) expect(found(value)).toBeUndefined();
  });
});
