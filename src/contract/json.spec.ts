import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson, isShort, type JsonValue, memberPath, NotJsonError, toJson } from './json.js';

const throughText = (value: unknown) => JSON.parse(JSON.stringify(value) ?? 'null') as JsonValue;
const carriable = fc.anything({ withBoxedValues: true, withDate: true, withNullPrototype: true, withSparseArray: true, withObjectString: true });

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < levels; i++) value = [value];
  return value;
}

describe('toJson: the same value now as when it is read back', () => {
  it('gives what the text of a value gives when it is parsed again', () => {
    fc.assert(fc.property(carriable, (value) => {
      expect(toJson(value)).toEqual(throughText(value));
    }));
  });

  it('changes nothing when it is done twice', () => {
    fc.assert(fc.property(carriable, (value) => {
      const once = toJson(value);
      expect(toJson(once)).toEqual(once);
    }));
  });

  it.each<[string, unknown, JsonValue]>([
    ['NaN', Number.NaN, null],
    ['an infinity', [Infinity, -Infinity], [null, null]],
    ['minus zero', -0, 0],
    ['nothing', undefined, null],
    ['members without a value', { a: undefined, b: null }, { b: null }],
    ['items without a value, and holes', [undefined, Object.assign(new Array<unknown>(2), { 1: 1 })], [null, [null, 1]]],
    ['a date', { at: new Date(0) }, { at: '1970-01-01T00:00:00.000Z' }],
    ['a date that is none', new Date(Number.NaN), null],
    ['a URL', new URL('https://example.com/a'), 'https://example.com/a'],
    ['boxes', [Object('a'), Object(1), Object(true)], ['a', 1, true]],
    ['a toJSON that gives nothing', { a: { toJSON: () => undefined }, b: 1 }, { b: 1 }],
    ['a toJSON that is told its key', { a: { toJSON: (key: string) => key } }, { a: 'a' }],
    ['an instance of a class', new (class { x = 1; y() { return this.x; } })(), { x: 1 }],
    ['a lone surrogate', '\ud800', '\ud800'],
  ])('takes %s as JSON does', (_what, value, json) => {
    expect(toJson(value)).toStrictEqual(json);
    expect(throughText(value)).toStrictEqual(json);
  });

  it('keeps a member called __proto__ a member', () => {
    const copy = toJson(JSON.parse('{"__proto__":{"admin":true},"a":1}')) as Record<string, unknown>;
    expect(JSON.stringify(copy)).toBe('{"__proto__":{"admin":true},"a":1}');
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect(copy['admin']).toBeUndefined();
  });

  it('gives a copy: a change of the original does not reach it', () => {
    const original = { list: [{ n: 1 }] };
    const copy = toJson(original);
    (original.list[0] as { n: number }).n = 2;
    original.list.push({ n: 3 });
    expect(copy).toEqual({ list: [{ n: 1 }] });
  });

  it.each<[string, unknown, string]>([
    ['a BigInt', { a: [1, 2n] }, '/a/1'],
    ['a BigInt in a box', [Object(1n)], '/0'],
    ['a function', { 'a/b': { '~c': () => 1 } }, '/a~1b/~0c'],
    ['a symbol', Symbol('s'), ''],
  ])('refuses %s and says where it stands', (_what, value, path) => {
    const refused = thrownBy(() => toJson(value));
    expect(refused).toBeInstanceOf(NotJsonError);
    expect((refused as NotJsonError).path).toBe(path);
  });

  it('takes 200 levels and no more, so that a circle is refused and not walked for ever', () => {
    expect(toJson(nested(201))).toEqual(nested(201));
    expect(() => toJson(nested(202))).toThrow(NotJsonError);
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    expect(() => toJson(circle)).toThrow(/nested too deep or in a circle/);
    const everNew = (): object => ({ toJSON: () => [everNew()] });
    expect(() => toJson(everNew())).toThrow(NotJsonError);
  });
});

describe('canonicalJson', () => {
  const shuffled = (value: JsonValue): JsonValue => {
    if (Array.isArray(value)) return value.map(shuffled);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).reverse().map(([key, member]) => [key, shuffled(member)]));
  };

  it('gives equal values one text, whatever the order of their members, and different values different ones', () => {
    fc.assert(fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      const [one, other] = [toJson(a), toJson(b)];
      expect(JSON.parse(canonicalJson(one))).toEqual(one);
      expect(canonicalJson(shuffled(one))).toBe(canonicalJson(one));
      expect(canonicalJson(one) === canonicalJson(other)).toBe(isDeepStrictEqual(one, other));
    }));
  });
});

describe('memberPath', () => {
  it('is a JSON Pointer: ~ and / in a key are escaped', () => {
    expect(memberPath(memberPath('', 'a/b'), '~1')).toBe('/a~1b/~01');
    expect(memberPath('/list', 0)).toBe('/list/0');
  });
});

describe('isShort', () => {
  it('holds for all whose JSON fits, and for none whose JSON is far larger', () => {
    fc.assert(fc.property(fc.jsonValue(), (given) => {
      const value = toJson(given);
      const { length } = JSON.stringify(value);
      // Escapes and long numbers count for less than they take: the bound is about, not exact.
      expect(isShort(value, length * 4 + 8)).toBe(true);
      expect(isShort(value, length / 8 - 8)).toBe(false);
    }));
  });

  it('counts names of members, too', () => {
    expect(isShort({ ['x'.repeat(100)]: 1 }, 50)).toBe(false);
  });

  it('does not look at what comes after the bound', () => {
    const untouchable = { get late(): JsonValue { throw new Error('looked'); } };
    expect(isShort(['x'.repeat(100), untouchable as never], 50)).toBe(false);
  });
});

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
