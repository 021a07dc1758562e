/**
 * JSON as CEL sees it: whole numbers that JavaScript holds exactly are ints, other numbers doubles; objects are maps of
 * their own members, so that `input.constructor` is a missing key like any other.
 */
import { type StepContext } from '../../contract/definition.js';
import { type JsonValue } from '../../contract/json.js';

/**
 * A map over the members of an object, each converted when it is first read: a condition that looks at one field of a
 * large output costs that field.
 *
 * It passes for a plain `Map` (the library goes by `constructor`) but shows no `entries()`: that is where the library
 * looks when it names a value's type in full, and since it keeps every type it has ever named, values of ever new
 * shapes would fill the memory.
 */
class CelMap<Source = unknown> extends Map<string, unknown> {
  private names: string[] | undefined;

  constructor(private readonly source: Readonly<Record<string, Source>>, private readonly convert: (value: Source, key: string) => unknown) {
    super();
  }

  override get size(): number {
    return this.ownNames().length;
  }

  override has(key: string): boolean {
    return typeof key === 'string' && Object.hasOwn(this.source, key);
  }

  override get(key: string): unknown {
    if (!super.has(key)) {
      if (!this.has(key)) return undefined;
      super.set(key, this.convert(this.source[key] as Source, key));
    }
    return super.get(key);
  }

  override keys(): MapIterator<string> {
    return this.ownNames().values();
  }

  override *[Symbol.iterator](): MapIterator<[string, unknown]> {
    for (const name of this.ownNames()) yield [name, this.get(name)];
  }

  override entries(): MapIterator<[string, unknown]> {
    const none: [string, unknown][] = [];
    return none.values();
  }

  private ownNames(): string[] {
    return (this.names ??= Object.keys(this.source));
  }
}
Object.defineProperty(CelMap.prototype, 'constructor', { value: Map });

function toCel(value: JsonValue): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (value === null || typeof value !== 'object') return value;
  return Array.isArray(value) ? value.map(toCel) : new CelMap<JsonValue>(value, toCel);
}

/** The variables of an expression, `input` and `steps`. */
export function celVariables({ input, results }: StepContext): CelMap {
  return new CelMap<unknown>({ input, steps: results }, (value, name) => (name === 'steps' ? new CelMap(results, celStep) : toCel(value as JsonValue)));
}

function celStep(output: JsonValue): CelMap<JsonValue> {
  return new CelMap({ output }, toCel);
}
