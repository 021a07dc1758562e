import { expect, it, jest } from '@jest/globals';

it('loads no library within the time of a check: one that is stopped while it loads would be half there, for good', async () => {
  const loaded: [name: string, isTimed: boolean][] = [];
  let isTimed = false;
  jest.unstable_mockModule('./within-time.js', () => ({
    withinTime: <T>(_ms: number, run: () => T) => {
      isTimed = true;
      try {
        return { value: run() };
      } finally {
        isTimed = false;
      }
    },
  }));
  const libraries = ['ajv/dist/2020.js', 'ajv', 'ajv-formats'];
  for (const name of libraries) {
    jest.mock(name, () => {
      loaded.push([name, isTimed]);
      return jest.requireActual(name);
    });
  }
  const { checkSchema, compileSchema } = await import('./input.validator.js');
  expect(checkSchema(true)).toEqual([]);
  expect(compileSchema({ $schema: 'http://json-schema.org/draft-07/schema#', type: 'string', format: 'date' })('2026-11-21')).toEqual([]);
  expect(new Map(loaded)).toEqual(new Map(libraries.map((name) => [name, false])));
});
