/**
 * JSON Schema for what comes from outside: the input of a workflow, the answer of a person. Draft 2020-12, or draft-07
 * where `$schema` says so; formats are asserted, unknown keywords ignored.
 *
 * Schemas come from users too, and a small one can ask for endless work (references that fan out, `uniqueItems` over
 * a large array, patterns). So a schema is bounded in size, its patterns run in linear time, and compiling and
 * checking are stopped after a time. Each has an ajv of its own, so that no `$id` is seen by the schema of another.
 */
import { createRequire } from 'node:module';
import { type Ajv, type Options, type ValidateFunction } from 'ajv';
import { type Fault, StepcastError } from '../../contract/errors.js';
import { canonicalJson, type JsonValue } from '../../contract/json.js';
import { toFaults } from './faults.js';
import { forgetPatterns, linearPattern } from './linear-pattern.js';
import { LruCache } from './lru-cache.js';
import { schemaKeywords } from './schema.keywords.js';
import { withinTime } from './within-time.js';

/** Checks a value; paths start with `path`. No fault: the value is valid. */
export type SchemaCheck = (value: unknown, path?: string) => Fault[];

const MAX_SCHEMA_LENGTH = 128 * 1024;
const MAX_PATTERNS = 100;
const COMPILE_MS = 2000;
const CHECK_MS = 500;

const require = createRequire(import.meta.url);
/** Loaded for the first schema, and not for each start of the service; never within a time, as what is stopped in that would be half there for good. */
const DIALECTS = {
  'https://json-schema.org/draft/2020-12/schema': (): new (options: Options) => Ajv => (require('ajv/dist/2020.js') as typeof import('ajv/dist/2020.js')).Ajv2020,
  'http://json-schema.org/draft-07/schema': (): new (options: Options) => Ajv => (require('ajv') as typeof import('ajv')).Ajv,
};
type Dialect = keyof typeof DIALECTS;
const DEFAULT_DIALECT: Dialect = 'https://json-schema.org/draft/2020-12/schema';

const OPTIONS: Options = {
  allErrors: true,
  strict: false,
  logger: false,
  ownProperties: true,
  // Copies of what references name would make a small schema a large function.
  inlineRefs: false,
  // Decimals: 4.35 is a multiple of 0.01, which a division of binary fractions misses by its rounding.
  multipleOfPrecision: 6,
};

type Checked = { check: SchemaCheck } | { faults: Fault[] };

const byObject = new WeakMap<object, Checked>();
/** By canonical text, bounded by its length. */
const byText = new LruCache<Checked>(512 * 1024);
const metaSchemas = new Map<Dialect, Ajv>();

/** Why a schema cannot be used; paths start with `path`. No fault: `compileSchema` takes it. */
export function checkSchema(schema: JsonValue, path = ''): Fault[] {
  const checked = examine(schema);
  return 'check' in checked ? [] : checked.faults.map((fault) => ({ ...fault, path: path + fault.path }));
}

/** @throws StepcastError `invalid_definition` with the faults of the schema. */
export function compileSchema(schema: JsonValue): SchemaCheck {
  const checked = examine(schema);
  if ('check' in checked) return checked.check;
  const { faults } = checked;
  throw new StepcastError('invalid_definition', `the JSON Schema is not valid: ${faults.map(({ path, message }) => `${path || 'it'} ${message}`).join('; ')}`, { faults });
}

/** Made once for each schema: by the object, which is not to be changed, and by its text. */
function examine(schema: JsonValue): Checked {
  if (schema === null || typeof schema !== 'object' || Array.isArray(schema)) {
    if (typeof schema === 'boolean') return compile(schema, DEFAULT_DIALECT);
    return { faults: [{ path: '', message: 'must be a JSON Schema: an object, true or false' }] };
  }
  const known = byObject.get(schema);
  if (known) return known;
  const text = canonicalJson(schema);
  let checked = byText.get(text);
  if (!checked) {
    checked = text.length > MAX_SCHEMA_LENGTH ? tooLarge : examineNew(schema);
    byText.set(text, checked);
  }
  byObject.set(schema, checked);
  return checked;
}

const tooLarge: Checked = { faults: [{ path: '', message: `is larger than ${MAX_SCHEMA_LENGTH / 1024} KiB` }] };

function examineNew(schema: { [key: string]: JsonValue }): Checked {
  const { $schema = DEFAULT_DIALECT, $async } = schema;
  const dialect = typeof $schema === 'string' ? $schema.replace(/#$/, '') : '';
  if (!Object.hasOwn(DIALECTS, dialect)) {
    return { faults: [{ path: '/$schema', message: `must be one of ${Object.keys(DIALECTS).join(', ')}` }] };
  }
  if ($async !== undefined) return { faults: [{ path: '/$async', message: 'is not supported; a check answers at once' }] };
  const faults = [...structureFaults(schema, dialect as Dialect), ...patternFaults(schema)];
  return faults.length > 0 ? { faults } : compile(schema, dialect as Dialect);
}

/** Against the schema of schemas, which tells the same more than once: the first at each place is the clearest. */
function structureFaults(schema: JsonValue, dialect: Dialect): Fault[] {
  let ajv = metaSchemas.get(dialect);
  if (!ajv) metaSchemas.set(dialect, (ajv = new (DIALECTS[dialect]())(OPTIONS)));
  const validate = ajv.getSchema(dialect) as ValidateFunction;
  const faults = new Map<string, Fault>();
  if (!withinTime(CHECK_MS, () => validate(schema))) return [{ path: '', message: 'takes too long to read' }];
  for (const fault of toFaults(validate.errors, '')) if (!faults.has(fault.path)) faults.set(fault.path, fault);
  return [...faults.values()];
}

/** ajv would tell only the first, and not where it stands. */
function patternFaults(schema: JsonValue): Fault[] {
  const { patterns } = schemaKeywords(schema);
  if (patterns.length > MAX_PATTERNS) return [{ path: '', message: `has more than ${MAX_PATTERNS} patterns` }];
  return patterns.flatMap(({ path, value }) => {
    try {
      linearPattern(value);
      return [];
    } catch (error) {
      return [{ path, message: (error as Error).message }];
    }
  });
}

function compile(schema: JsonValue, dialect: Dialect): Checked {
  // ajv tells patterns apart by their text.
  const regExp = Object.assign((source: string) => ({ test: (text: string) => linearPattern(source).test(text), toString: () => source }), { code: 'linearPattern' });
  const AjvOfDialect = DIALECTS[dialect]();
  const { default: addFormats } = require('ajv-formats') as typeof import('ajv-formats');
  let compiled: { value: ValidateFunction } | undefined;
  try {
    compiled = withinTime(COMPILE_MS, () => {
      const ajv = new AjvOfDialect({ ...OPTIONS, meta: false, validateSchema: false, code: { regExp } });
      addFormats(ajv);
      return ajv.compile(schema as object | boolean);
    });
  } catch (error) {
    return { faults: [compileFault(schema, error as Error)] };
  }
  if (!compiled) return { faults: [{ path: '', message: 'takes too long to compile; make it smaller' }] };
  return { check: (value, path = '') => run(compiled.value, value, path) };
}

function run(validate: ValidateFunction, value: unknown, path: string): Fault[] {
  let done: { value: boolean } | undefined;
  let isBegun = false;
  try {
    done = withinTime(CHECK_MS, () => {
      if (isBegun) forgetPatterns();
      isBegun = true;
      return validate(value);
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return [{ path, message: 'could not be checked, as its JSON Schema refers to itself without end' }];
  }
  if (done) return done.value ? [] : toFaults(validate.errors, path);
  forgetPatterns();
  return [{ path, message: `could not be checked against its JSON Schema within ${CHECK_MS} ms; send less, or simplify the schema` }];
}

function compileFault(schema: JsonValue, error: Error): Fault {
  const { missingRef } = error as { missingRef?: string };
  const reference = schemaKeywords(schema).references.find(({ value }) => missingRef?.endsWith(value));
  return reference ? { path: reference.path, message: 'names a schema that is not in this one; put it under $defs' } : { path: '', message: error.message };
}
