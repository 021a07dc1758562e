/** From what ajv finds to faults: where (RFC 6901) and what, in words that tell what to do. */
import { type ErrorObject } from 'ajv';
import { type Fault } from '../../contract/errors.js';
import { memberPath } from '../../contract/json.js';

/** More faults than this are of no use to anyone. */
export const MAX_FAULTS = 100;

/** The faults of a validation, at most `MAX_FAULTS`, each only once. Members that are missing or unknown are named by their own path. */
export function toFaults(errors: readonly ErrorObject[] | null | undefined, path: string): Fault[] {
  const faults = new Map<string, Fault>();
  for (const error of errors ?? []) {
    const fault = toFault(error, path + error.instancePath);
    faults.set(`${fault.path}\n${fault.message}`, fault);
    if (faults.size === MAX_FAULTS) break;
  }
  return [...faults.values()];
}

function toFault(error: ErrorObject, path: string): Fault {
  const params = error.params as Record<string, unknown>;
  const member = (name: string) => memberPath(path, String(params[name]));
  switch (error.keyword) {
    case 'required':
      return { path: member('missingProperty'), message: 'is missing' };
    case 'dependentRequired':
    case 'dependencies':
      if (params.missingProperty === undefined) break;
      return { path: member('missingProperty'), message: `is missing, which ${JSON.stringify(params.property)} asks for` };
    case 'additionalProperties':
      return { path: member('additionalProperty'), message: 'is not a known field' };
    case 'unevaluatedProperties':
      return { path: member('unevaluatedProperty'), message: 'is not a known field' };
    case 'enum':
      return { path, message: `must be one of ${(params.allowedValues as unknown[]).map((value) => JSON.stringify(value)).join(', ')}` };
    case 'const':
      return { path, message: `must be ${JSON.stringify(params.allowedValue)}` };
    case 'type':
      return { path, message: `must be ${[params.type].flat().join(' or ')}` };
    case 'false schema':
      return { path, message: 'is not allowed here' };
    default:
      break;
  }
  return { path, message: error.message ?? `breaks the rule ${error.keyword}` };
}
