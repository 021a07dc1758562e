/** What a workflow's input is checked with, from either form of `@Workflow({ input })`: a class-validator class or a JSON Schema. */
import 'reflect-metadata';
import { type Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validate, type ValidationError } from 'class-validator';
import { targetConstructorToSchema, validationMetadatasToSchemas } from 'class-validator-jsonschema';
import { type Fault } from '../../contract/errors.js';
import { type JsonObject, type JsonValue } from '../../contract/json.js';
import { compileSchema } from '../definition/input.validator.js';

export interface InputRules {
  /** JSON Schema, for those who start the workflow. */
  schema: JsonValue | undefined;
  check: (input: JsonValue) => Fault[] | Promise<Fault[]>;
}

export function inputRules(input: Type<object> | JsonValue | undefined): InputRules {
  if (input === undefined) return { schema: undefined, check: () => [] };
  if (typeof input !== 'function') return { schema: input, check: compileSchema(input) };
  return { schema: schemaOf(input), check: (value) => checkClass(input, value) };
}

/** The JSON Schema of a class, with those of the classes it refers to in `$defs`. */
function schemaOf(type: Type<object>): JsonValue {
  const options = { refPointerPrefix: '#/$defs/', classValidatorMetadataStorage: getMetadataStorage() };
  const schema = JSON.parse(JSON.stringify(targetConstructorToSchema(type, options))) as JsonObject;
  const known = JSON.parse(JSON.stringify(validationMetadatasToSchemas(options))) as JsonObject;
  const $defs: JsonObject = {};
  const pending = [...referencesIn(schema)];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const referred = known[name];
    if (name in $defs || referred === undefined) continue;
    $defs[name] = referred;
    pending.push(...referencesIn(referred));
  }
  return Object.keys($defs).length ? { ...schema, $defs } : schema;
}

function referencesIn(schema: JsonValue): string[] {
  return [...JSON.stringify(schema).matchAll(/"\$ref":"#\/\$defs\/([^"]+)"/g)].map(([, name]) => name as string);
}

async function checkClass(type: Type<object>, value: JsonValue): Promise<Fault[]> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [{ path: '', message: 'must be an object' }];
  const errors = await validate(plainToInstance(type, value), { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true });
  return errors.flatMap((error) => faultsOf(error, ''));
}

/** class-validator's tree of errors as a flat list with JSON Pointers. */
export function faultsOf(error: ValidationError, base: string): Fault[] {
  const path = `${base}/${error.property.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  const own = Object.values(error.constraints ?? {}).map((message) => ({ path, message }));
  return [...own, ...(error.children ?? []).flatMap((child) => faultsOf(child, path))];
}
