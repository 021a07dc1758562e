/**
 * What a workflow's input is checked with, from either form of `@Workflow({ input })`: a class-validator class or a JSON
 * Schema. The libraries for classes are loaded where there is one, which was made with them itself.
 */
import 'reflect-metadata';
import { type Type } from '@nestjs/common';
import { type ValidationError } from 'class-validator';
import { type Fault } from '../../contract/errors.js';
import { isObject, type JsonValue, memberPath } from '../../contract/json.js';
import { compileSchema, type SchemaCheck } from '../definition/input.validator.js';

export interface InputRules {
  /** JSON Schema, for those who start the workflow. */
  schema: JsonValue | undefined;
  check: (input: JsonValue) => Fault[] | Promise<Fault[]>;
}

export async function inputRules(input: Type<object> | JsonValue | undefined): Promise<InputRules> {
  let compiled: SchemaCheck | undefined;
  if (input === undefined) return { schema: undefined, check: () => [] };
  // Compiled when it is first asked: whether it can be is checked with the whole definition.
  if (typeof input !== 'function') return { schema: input, check: (value) => (compiled ??= compileSchema(input))(value) };
  const { classSchema } = await import('./input.schema.js');
  return { schema: classSchema(input), check: (value) => checkClass(input, value) };
}

/** Members of an object in an input that is checked by a class: class-transformer compares each key with all others. */
const MAX_MEMBERS = 5000;

async function checkClass(type: Type<object>, value: JsonValue): Promise<Fault[]> {
  if (!isObject(value)) return [{ path: '', message: 'must be an object' }];
  const crowded = crowdedAt(value, '');
  if (crowded !== undefined) return [{ path: crowded, message: `has more than ${MAX_MEMBERS} members; send a list in their place` }];
  const [{ plainToInstance }, { validate }] = await Promise.all([import('class-transformer'), import('class-validator')]);
  const errors = await validate(plainToInstance(type, value), { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true });
  return errors.flatMap((error) => faultsOf(error, ''));
}

/** Where an object has too many members. How deep an input may be is bounded before. */
function crowdedAt(value: JsonValue, path: string): string | undefined {
  if (value === null || typeof value !== 'object') return undefined;
  const members = Object.entries(value);
  if (!Array.isArray(value) && members.length > MAX_MEMBERS) return path;
  for (const [name, member] of members) {
    // A path is made for those alone that are looked into.
    const found = member !== null && typeof member === 'object' ? crowdedAt(member, memberPath(path, name)) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** class-validator's tree of errors as a flat list with JSON Pointers. */
export function faultsOf(error: ValidationError, base: string): Fault[] {
  // What is no instance of a class with decorators, as a nested object without @Type, has no property in the tree.
  const property = error.property as string | undefined;
  const path = property === undefined ? base : memberPath(base, property);
  const own = Object.values(error.constraints ?? {}).map((message) => ({ path, message }));
  return [...own, ...(error.children ?? []).flatMap((child) => faultsOf(child, path))];
}
