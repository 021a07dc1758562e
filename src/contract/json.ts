/** Any value that JSON can carry (RFC 8259). */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };
export type JsonObject = { [key: string]: JsonValue };

/** Whether a value is an object, and no list. */
export function isObject(value: JsonValue | undefined): value is JsonObject;
export function isObject(value: unknown): value is Record<string, unknown>;
export function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value that JSON cannot carry; `path` says where it stands (RFC 6901). */
export class NotJsonError extends Error {
  constructor(readonly path: string, what: string) {
    super(`${path || 'the value'} is ${what}, which JSON cannot carry; return plain objects, arrays, strings, numbers, booleans or null`);
    this.name = 'NotJsonError';
  }
}

const MAX_DEPTH = 200;

/**
 * A deep copy of `value` as JSON would carry it: `toJSON` is honoured, `undefined` members are left out, `NaN` and
 * the infinities become `null`. What a step returns passes through here once, so that a step after it sees the same
 * value whether it runs in the same process or after a crash, when it is read back from the journal.
 *
 * @throws NotJsonError for BigInt, functions, symbols, cycles and nesting deeper than 200.
 */
export function toJson(value: unknown): JsonValue {
  return copyOf(plainOf(value, ''), []);
}

/** `keys` lead from the root to the value: a path is made of them only where it is needed, for an error. */
function copyOf(value: unknown, keys: (string | number)[]): JsonValue {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? (Object.is(value, -0) ? 0 : value) : null;
    case 'undefined':
      return null;
    case 'bigint':
      throw new NotJsonError(pathOf(keys), 'a BigInt');
    case 'function':
    case 'symbol':
      throw new NotJsonError(pathOf(keys), `a ${typeof value}`);
    default:
      return value === null ? null : copyOfObject(value as object, keys);
  }
}

function copyOfObject(value: object, keys: (string | number)[]): JsonValue {
  if (keys.length > MAX_DEPTH) throw new NotJsonError(pathOf(keys), 'nested too deep or in a circle');
  if (Array.isArray(value)) return copyOfList(value, keys);
  const copy: JsonObject = {};
  for (const key of Object.keys(value)) {
    const member = plainOf((value as Record<string, unknown>)[key], key);
    if (member === undefined) continue;
    const json = memberOf(member, keys, key);
    // A plain assignment of `__proto__` would set the prototype instead of a member.
    if (key === '__proto__') Object.defineProperty(copy, key, { value: json, enumerable: true, configurable: true, writable: true });
    else copy[key] = json;
  }
  return copy;
}

/** By the index, and not by map, which would leave holes as they are. */
function copyOfList(list: readonly unknown[], keys: (string | number)[]): JsonValue[] {
  const copy: JsonValue[] = [];
  for (let i = 0; i < list.length; i++) copy.push(memberOf(plainOf(list[i], i), keys, i));
  return copy;
}

function memberOf(value: unknown, keys: (string | number)[], key: string | number): JsonValue {
  keys.push(key);
  const json = copyOf(value, keys);
  keys.pop();
  return json;
}

/** What JSON looks at in the place of a value: what its `toJSON` gives, and what is in a box such as `new String('a')`. */
function plainOf(value: unknown, key: string | number): unknown {
  if (value === null || typeof value !== 'object') return value;
  const { toJSON } = value as { toJSON?: unknown };
  const given: unknown = typeof toJSON === 'function' ? (toJSON as (key: string) => unknown).call(value, String(key)) : value;
  return given instanceof String || given instanceof Number || given instanceof Boolean || given instanceof BigInt ? given.valueOf() : given;
}

function pathOf(keys: readonly (string | number)[]): string {
  return keys.reduce<string>(memberPath, '');
}

/** The JSON Pointer (RFC 6901) of a member or an item, given that of what it is in. */
export function memberPath(path: string, key: string | number): string {
  return `${path}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** JSON text with the members of every object in one order, so that equal values give equal texts. */
export function canonicalJson(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] as JsonValue)}`);
  return `{${members.join(',')}}`;
}

/** Whether a value's JSON has about `limit` characters at most; looks no further than that. */
export function isShort(value: JsonValue, limit: number): boolean {
  return rest(value, limit) >= 0;
}

/** What `value` leaves of `limit` characters; negative where they do not do. */
function rest(value: JsonValue, limit: number): number {
  if (typeof value === 'string') return limit - value.length - 2;
  if (value === null || typeof value !== 'object') return limit - 5;
  let left = limit - 2;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length && left >= 0; i++) left = rest(value[i] as JsonValue, left - 1);
    return left;
  }
  for (const key of Object.keys(value)) {
    left = rest(value[key] as JsonValue, left - key.length - 4);
    if (left < 0) break;
  }
  return left;
}
