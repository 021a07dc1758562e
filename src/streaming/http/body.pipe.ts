/** Bodies: JSON objects of bounded depth, without keys that reach into prototypes, with the fields of their class and no others. */
import { type ArgumentMetadata, Injectable, type PipeTransform, ValidationPipe } from '@nestjs/common';
import { StepcastError } from '../../contract/errors.js';
import { memberPath } from '../../contract/json.js';
import { faultsOf } from '../../orchestration/registry/input.rules.js';

const MAX_DEPTH = 64;
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

@Injectable()
export class BodyPipe extends ValidationPipe {
  constructor() {
    super({
      whitelist: true,
      forbidNonWhitelisted: true,
      exceptionFactory: (errors) => {
        const faults = errors.flatMap((error) => faultsOf(error, ''));
        return new StepcastError('invalid_request', 'the body is not what this route takes; see errors', { faults });
      },
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    return metadata.type === 'body' ? super.transform(objectOf(value), metadata) : value;
  }
}

/** The same for bodies whose fields are checked elsewhere. */
@Injectable()
export class ShapePipe implements PipeTransform {
  transform(value: unknown): object {
    return objectOf(value);
  }
}

/** A body that was left out counts as an empty object. @throws StepcastError `invalid_request` */
function objectOf(value: unknown): object {
  const body = value ?? {};
  if (typeof body !== 'object' || Array.isArray(body)) {
    throw new StepcastError('invalid_request', 'the body must be a JSON object', { faults: [{ path: '', message: 'must be an object' }] });
  }
  checkShape(body);
  return body;
}

/** Level by level, so that no depth can exhaust the stack. @throws StepcastError `invalid_request` */
function checkShape(root: object): void {
  let level: { value: object; path: string }[] = [{ value: root, path: '' }];
  for (let depth = 1; level.length; depth++) {
    if (depth > MAX_DEPTH) {
      throw new StepcastError('invalid_request', `the body is nested deeper than ${MAX_DEPTH} levels`, { faults: [{ path: level[0]?.path ?? '', message: 'is nested too deep' }] });
    }
    const next: typeof level = [];
    for (const { value, path } of level) {
      for (const [key, member] of Object.entries(value)) {
        const at = memberPath(path, key);
        if (FORBIDDEN_KEYS.has(key)) throw new StepcastError('invalid_request', `the key "${key}" is not taken`, { faults: [{ path: at, message: 'is a key that is not taken' }] });
        if (member !== null && typeof member === 'object') next.push({ value: member as object, path: at });
      }
    }
    level = next;
  }
}
