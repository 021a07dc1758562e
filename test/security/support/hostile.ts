/** What nobody sends in good faith: values, and ways to spoil those that were right. */
import fc from 'fast-check';
import { type JsonObject, type JsonValue } from '../../../src/contract/json.js';
import { anyString } from '../../property/support/strings.arbitrary.js';
import { anyJson } from './schema.arbitrary.js';

/** Names that every object of JavaScript has a member of, or that libraries give a meaning to. */
const NAMES = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then', 'toJSON', 'length', '', ' ', '0', '-1', '$ref', '$id', 'a.b', 'a/b', 'a~b', 'a[b]', '\0', '\ud800', 'x'.repeat(300)];

export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: anyString },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      ...NAMES, 'null', 'undefined', 'true', 'NaN', '1e999', '-0', '0x10', '007', '9007199254740993', '1'.repeat(400), '-5', '1.5', ' 1', '1,2', ',', ',,,', 'a,'.repeat(200),
      "' OR 1=1 --", '"; DROP TABLE events; --', '${7*7}', '{{constructor.constructor("return 1")()}}', '{{input.__proto__}}', '{{', '}}', '<script>alert(1)</script>', '../../etc/passwd', '..\\..\\', 'file:///etc/passwd',
      '%', '%00', '%2e%2e%2f', '%c0%af', '%ff', '%zz', '%u0041', '\r\nX-Injected: 1', '\u202e', '\ufeff', '(a+)+$', '*', '**', '?', '#', '&a=b', '[object Object]', '2020-13-45T99:99:99Z', '+275760-09-13T00:00:00.001Z',
    ),
  },
  { weight: 1, arbitrary: fc.integer({ min: 100, max: 1500 }).map((length) => 'ä'.repeat(length)) },
);

const number = fc.oneof(
  fc.constantFrom(0, -0, -1, 0.5, 1e21, 1e308, -1e308, 5e-324, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 53), 86_400_000, 86_400_001, 10_000, 10_001, 101, 1001),
  fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }),
);

const nested = fc.tuple(fc.constantFrom(10, 63, 64, 65, 200, 500), fc.boolean()).map(([levels, asList]) => {
  let value: JsonValue = 1;
  for (let i = 0; i < levels; i++) value = asList ? [value] : { a: value };
  return value;
});

export const hostileJson: fc.Arbitrary<JsonValue> = fc.oneof(
  { weight: 4, arbitrary: hostileText }, { weight: 3, arbitrary: number }, { weight: 2, arbitrary: fc.constantFrom<JsonValue>(null, true, false, [], {}, [[]], [null], { a: {} }) },
  { weight: 2, arbitrary: anyJson }, { weight: 1, arbitrary: nested },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...NAMES), anyJson).map(([name, value]) => Object.fromEntries([[name, value]])) },
  { weight: 1, arbitrary: fc.constantFrom(201, 10_000, 200_000).map((length) => 'é'.repeat(length)) },
  { weight: 1, arbitrary: fc.integer({ min: 100, max: 2000 }).map((length) => Array.from({ length }, (_, i) => i % 7)) },
);

interface Change {
  how: 'replace' | 'remove' | 'add' | 'wrap' | 'rename' | 'double';
  /** Which of all places in the value. */
  place: number;
  name: string;
  value: JsonValue;
}

const change: fc.Arbitrary<Change> = fc.record({
  how: fc.constantFrom('replace', 'replace', 'remove', 'add', 'wrap', 'rename', 'double'), place: fc.nat({ max: 10_000 }), name: fc.oneof(fc.constantFrom(...NAMES), hostileText), value: hostileJson,
});

/** What `right` gives, with one or two places of it spoilt. */
export function nearly(right: fc.Arbitrary<JsonValue>): fc.Arbitrary<JsonValue> {
  return fc.tuple(right, fc.array(change, { minLength: 1, maxLength: 2 })).map(([value, changes]) => changes.reduce(changed, value));
}

function changed(root: JsonValue, { how, place, name, value }: Change): JsonValue {
  const target = place % countOf(root);
  let at = 0;
  const copy = (node: JsonValue): JsonValue | undefined => {
    if (at++ === target) return spoilt(node);
    if (Array.isArray(node)) return node.map(copy).filter((item) => item !== undefined);
    if (node === null || typeof node !== 'object') return node;
    return Object.fromEntries(Object.entries(node).map(([key, member]) => [key, copy(member)] as const).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined));
  };
  const spoilt = (node: JsonValue): JsonValue | undefined => {
    if (how === 'remove') return undefined;
    if (how === 'wrap') return [node];
    if (how === 'double') return Array.isArray(node) ? [...node, ...node] : typeof node === 'string' ? node + node : [node, node];
    // `fromEntries` makes `__proto__` a member like any other, where a literal would set the prototype.
    if (how === 'add' && isObject(node)) return Object.fromEntries([...Object.entries(node), [name, value]]);
    if (how === 'rename' && isObject(node)) return Object.fromEntries(Object.entries(node).map(([key, member], i) => [i === 0 ? name : key, member]));
    return value;
  };
  return copy(root) ?? null;
}

function countOf(value: JsonValue): number {
  if (value === null || typeof value !== 'object') return 1;
  return Object.values(value).reduce((count: number, member) => count + countOf(member), 1);
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON that is broken, or that parsers differ about. */
export const brokenJson: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '', '{', '}', '{"a":', '{"a":1', '[1,]', '{a:1}', "{'a':1}", '{"a":NaN}', '{"a":1e999}', '{"a":-}', '{"a":01}', '{"a":1}{"b":2}', '{"a":1} x', '\ufeff{}', '{"a":"\n"}', '{"a":"\\x"}', '{"a":"\\ud800"}', '{"a":"\\u12"}',
    '{"a":1,"a":2}', '{"__proto__":1,"__proto__":{}}', 'null', 'true', '0', '-0', '""', '"text"', '[]', '[[]]', 'undefined', '/**/{}', '\u00a0{}', '{}\0', '\0', '{"workflow":{"name":"a","name":"b","steps":[]}}',
  ),
  fc.constantFrom(100, 10_000, 100_000).chain((levels) => fc.constantFrom('['.repeat(levels), '{"a":'.repeat(levels), `${'['.repeat(levels)}${']'.repeat(levels)}`, `{"input":${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}}`)),
  fc.tuple(anyJson, fc.nat()).map(([value, end]) => {
    const text = JSON.stringify({ input: value });
    return text.slice(0, end % text.length);
  }),
  fc.tuple(anyJson, fc.nat(), hostileText).map(([value, at, text]) => {
    const json = JSON.stringify({ workflow: value });
    return json.slice(0, at % json.length) + text + json.slice(at % json.length);
  }),
);
