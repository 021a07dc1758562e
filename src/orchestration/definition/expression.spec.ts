import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { StepcastError } from '../../contract/errors.js';
import { type JsonValue } from '../../contract/json.js';
import { compileExpression, evaluateCondition } from './expression.js';

const context = (input: JsonValue, results: Record<string, JsonValue> = {}) => ({ input, previous: null, results });
const holds = (source: string, input: JsonValue = null, results?: Record<string, JsonValue>) => evaluateCondition(source, context(input, results));

function failure(source: string, input: JsonValue = null, results?: Record<string, JsonValue>): string {
  try {
    holds(source, input, results);
  } catch (error) {
    expect(error).toBeInstanceOf(StepcastError);
    expect(error).toMatchObject({ code: 'expression_failed' });
    expect((error as Error).message).toContain(source.slice(0, 100));
    return (error as Error).message;
  }
  throw new Error(`${source} was answered`);
}

describe('conditions read the input and the outputs of steps', () => {
  it.each<[string, boolean]>([
    ['input.word == "hi"', true],
    ['steps.n.output.total > 3', true],
    ['size(steps.gather.output) >= 2', true],
    ['steps["n"].output["total"] == 5', true],
    ['"n" in steps && !("x" in steps)', true],
    ['has(steps.n.output.total) && !has(steps.x) && !has(input.nothing)', true],
    ['input.items.exists(i, i.ok) && !input.items.all(i, i.ok)', true],
    ['input.items.filter(i, i.ok).size() == 1', true],
    ['input.nothing_here == 1 || input.word == "hi"', true],
    ['steps.n.output != null', true],
    ['steps.n.output == {"total": 5}', true],
    ['input.word.matches("^h[aeiou]$")', true],
    ['timestamp(input.at) - timestamp("2026-01-01T00:00:00Z") > duration("36h")', true],
  ])('%s', (source, answer) => {
    const input = { word: 'hi', items: [{ ok: true }, { ok: false }], at: '2026-01-03T00:00:00Z' };
    expect(holds(source, input, { n: { total: 5 }, gather: { a: 1, b: 2 } })).toBe(answer);
  });
});

describe('numbers', () => {
  it.each([
    'input.one > 0.5', 'input.one == 1.0', '1.0 == input.one', 'input.one != 1.5', 'input.half < 1', 'input.half <= input.one', '2 >= input.half',
    'input.one + 0.5 == 1.5', '3 * input.half == 1.5', 'input.half - 1 < 0', '1 / input.half == 2.0', 'input.one in [0.5, 1.0]', 'input.list == [1.0, 0.5]',
    '1 == 1.0', 'input.big > 9007199254740991', 'input.seven / 2 == 3', 'input.seven / 2.0 == 3.5',
  ])('compare and calculate across int and double: %s', (source) => {
    expect(holds(source, { one: 1, half: 0.5, list: [1, 0.5], big: 2 ** 60, seven: 7 })).toBe(true);
  });

  it('compare as in JavaScript, whatever they are', () => {
    const number = fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.double({ noNaN: true, noDefaultInfinity: true }));
    fc.assert(fc.property(number, number, (a, b) => {
      expect(holds('input.a < input.b', { a, b })).toBe(a < b);
      expect(holds('input.a >= input.b', { a, b })).toBe(a >= b);
      expect(holds('input.a == input.b', { a, b })).toBe(a === b);
      expect(holds('input.a in [input.b]', { a, b })).toBe(a === b);
    }));
  });

  it('any JSON equals itself, read back from text', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => {
      const json = JSON.parse(JSON.stringify(value)) as JsonValue;
      expect(holds('input.a == input.b', { a: json, b: JSON.parse(JSON.stringify(json)) as JsonValue })).toBe(true);
    }));
  });
});

describe('what cannot be answered fails the step, and says why', () => {
  it.each<[string, RegExp]>([
    ['input.x', /gave a text/],
    ['input.y == 1', /No such key: y/],
    ['steps.x.output == 1', /No such key: x/],
    ['input.list[5] == 1', /out of bounds/],
    ['input.x > 1', /no such overload/],
    ['1 + 1', /gives int/],
    ['((', /Unexpected token/],
    ['foo(1)', /foo/],
    ['output == 1', /Unknown variable: output/],
    ['steps.a.result == 1', /steps\.a\.output/],
    ['input.x.matches("(?=a)")', /RE2/],
    ['input.x.matches(input.x)', /literal/],
    ['', /Unexpected token/],
    [`${'true && '.repeat(600)}true`, /longer than 4096/],
    [`${'!'.repeat(4000)}true`, /maxAstNodes/],
    [`${'('.repeat(2000)}true${')'.repeat(2000)}`, /maxDepth/],
  ])('%.40s', (source, reason) => expect(failure(source, { x: 'text', list: [] })).toMatch(reason));

  it('names are looked up as own members only', () => {
    for (const source of ['input.constructor', 'input.__proto__', 'input.toString', 'input["hasOwnProperty"]', 'steps.constructor', 'steps.__proto__', 'input.list.length', 'input.a.size']) {
      expect(failure(`${source} != null`, { a: {}, list: [1] })).toMatch(/No such key|steps\.|index/);
    }
    expect(holds('"constructor" in input || has(input.toString) || "__proto__" in steps', {})).toBe(false);
    expect(holds('input.constructor == 1', JSON.parse('{"constructor":1}') as JsonValue)).toBe(true);
    expect(holds('input["__proto__"].a == 1', JSON.parse('{"__proto__":{"a":1}}') as JsonValue)).toBe(true);
  });
});

it('an expression knows the steps it names', () => {
  const { steps } = compileExpression('steps.a.output.steps.b == 1 || steps["c"].output.exists(x, x == steps.d.output) || has(steps.e.output)');
  expect([...steps].sort()).toEqual(['a', 'c', 'd', 'e']);
});

it('is compiled once', () => expect(compileExpression('input.once == 1')).toBe(compileExpression('input.once == 1')));

describe('an expression cannot block or fill the process', () => {
  const many = Array.from({ length: 100_000 }, (_, i) => i);
  const text = 'a'.repeat(1_000_000);

  it.each([
    'input.many.all(x, input.many.all(y, y >= 0))',
    'input.many.exists(x, input.many.exists(y, y < 0))',
    'input.many.all(x, input.many.all(y, y >= 0)) || true',
    'input.many.map(x, input.many.filter(y, y < 0)).size() == 0',
    'input.many.all(x, x in input.many)',
    'input.many.all(x, [input.copy] == [input.many])',
    `["x"]${'.map(a, a + a)'.repeat(40)}.size() == 1`,
    `[[1]]${'.map(a, a + a)'.repeat(40)}.size() == 1`,
    '[1,2,3,4,5,6,7,8,9].all(a, [1,2,3,4,5,6,7,8,9].all(b, input.text.split("").size() > 0))',
    'input.many.all(x, input.text.contains("b") || true)',
    'input.text.matches("(a?){100}b")',
    'input.many.all(x, input.map.exists(k, true))',
    'input.many.all(x, timestamp("2026-01-01T00:00:00Z").getHours("Europe/Berlin") == 1)',
    'input.some.all(x, timestamp("2026-01-01T00:00:00Z").getHours("Europe/Berlin") >= 0)',
    '[1,2,3,4,5,6,7,8,9,10,11].all(x, input.blank.join("") == "")',
  ])('%s', (source) => expect(failure(source, { many, some: many.slice(0, 3000), blank: many.map(() => ''), copy: [...many], text, map: Object.fromEntries(many.map((i) => [`k${i}`, i])) })).toMatch(/too much work/));

  it('not with long texts for functions that read them by backtracking', () => {
    expect(failure('duration(input) > duration("1h")', '1'.repeat(50_000))).toMatch(/at most 64 characters/);
    expect(holds('input.matches("^(a+)+$")', `${'a'.repeat(5000)}!`)).toBe(false);
  });

  it('not by more patterns than are kept, nor by reading JSON', () => {
    const matches = (n: number) => Array.from({ length: n }, (_, i) => `input.matches("^a{${i}}$")`).join(' || ');
    expect(holds(matches(16), 'a')).toBe(true);
    expect(failure(matches(17), 'a')).toMatch(/more than 16 matches\(\)/);
    expect(failure('b"[1]".json() == [1]')).toMatch(/json\(\) is not available/);
  });

  it('and may look at every item of a large output', () => {
    expect(holds('input.all(x, x >= 0) && size(input) == 100000 && input != null', many)).toBe(true);
    expect(holds('size(input) == 1000000 && input.matches("^a+$")', text)).toBe(true);
  });

  it('converts only what is read', () => {
    const unread: JsonValue[] = Object.defineProperty([], 0, { enumerable: true, get: () => { throw new Error('was read'); } });
    const results = { a: { ok: true, more: unread }, b: unread };
    expect(evaluateCondition('steps.a.output.ok && size(steps) == 2', { input: unread, previous: null, results })).toBe(true);
    expect(failure('size(input) == 1', unread)).toMatch(/was read/);
  });
});
