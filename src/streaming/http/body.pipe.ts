/** Bodies: JSON objects of bounded depth, without keys that reach into prototypes, with the fields of their class and no others. */
import { Injectable, type PipeTransform } from '@nestjs/common';
import { StepcastError } from '../../contract/errors.js';
import { memberPath } from '../../contract/json.js';
import { faultsOf } from '../../orchestration/registry/input.rules.js';

type BodyName = 'StartBody' | 'RunBody' | 'InputBody' | 'CancelBody' | 'KeyBody';

const FAULT = 'the body is not what this route takes; see errors';
const MAX_DEPTH = 64;
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Checks a body by one of the classes in dto/bodies.ts; these and class-validator are loaded for the first body. Not by Nest's
 * ValidationPipe: its class-transformer walks all of a body, and compares each key of an object with all others.
 */
export class BodyPipe implements PipeTransform<unknown, Promise<object>> {
  /** @param fault What refusals say beside the list of faults. */
  constructor(private readonly body: BodyName, private readonly fault = FAULT) {}

  async transform(value: unknown): Promise<object> {
    const body = objectOf(value);
    const [bodies, { validate }] = await Promise.all([import('../dto/bodies.js'), import('class-validator')]);
    const given = Object.assign(new bodies[this.body](), body);
    const errors = await validate(given, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true });
    if (errors.length > 0) throw new StepcastError('invalid_request', this.fault, { faults: errors.flatMap((error) => faultsOf(error, '')) });
    return given;
  }
}

/** The same for bodies whose fields are checked elsewhere. */
@Injectable()
export class ShapePipe implements PipeTransform {
  transform(value: unknown): object {
    return objectOf(value);
  }
}

/** Of a route that takes no fields. One that is passed by may be a wish for less than is given. @throws StepcastError `invalid_request` */
export function assertEmpty(value: unknown): void {
  const faults = Object.keys(objectOf(value)).map((name) => ({ path: memberPath('', name), message: `property ${name} should not exist` }));
  if (faults.length > 0) throw new StepcastError('invalid_request', FAULT, { faults });
}

/** A body that was left out counts as an empty object. @throws StepcastError `invalid_request` */
export function objectOf(value: unknown, what: 'body' | 'message' = 'body'): object {
  const body = value ?? {};
  if (typeof body !== 'object' || Array.isArray(body)) {
    throw new StepcastError('invalid_request', `the ${what} must be a JSON object`, { faults: [{ path: '', message: 'must be an object' }] });
  }
  checkShape(body, what);
  return body;
}

/** Where a value stands: in what, and as what of it. A path is made of that only where it is needed, for a refusal. */
interface Place {
  value: object;
  around?: Place;
  key?: string | number;
}

/** Level by level, so that no depth can exhaust the stack. @throws StepcastError `invalid_request` */
function checkShape(root: object, what: string): void {
  let level: Place[] = [{ value: root }];
  for (let depth = 1; level.length; depth++) {
    if (depth > MAX_DEPTH) {
      throw new StepcastError('invalid_request', `the ${what} is nested deeper than ${MAX_DEPTH} levels`, { faults: [{ path: pathOf(level[0]), message: 'is nested too deep' }] });
    }
    const next: Place[] = [];
    for (const around of level) addBelow(around, next);
    level = next;
  }
}

function addBelow(around: Place, next: Place[]): void {
  const { value } = around;
  const add = (member: unknown, key: string | number) => {
    if (member !== null && typeof member === 'object') next.push({ value: member, around, key });
  };
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) add(value[i], i);
    return;
  }
  for (const key of Object.keys(value)) {
    if (FORBIDDEN_KEYS.has(key)) {
      throw new StepcastError('invalid_request', `the key "${key}" is not taken`, { faults: [{ path: memberPath(pathOf(around), key), message: 'is a key that is not taken' }] });
    }
    add((value as Record<string, unknown>)[key], key);
  }
}

function pathOf({ around, key }: Place = { value: {} }): string {
  return around && key !== undefined ? memberPath(pathOf(around), key) : '';
}
