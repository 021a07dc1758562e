import { StepcastError } from '../../contract/errors.js';

/**
 * Reads each of several parameters, and tells the faults of all of them together.
 * @throws StepcastError with the code that all of them have, or else `invalid_request`.
 */
export function readAll<Readers extends Record<string, () => unknown>>(readers: Readers): { [Name in keyof Readers]: ReturnType<Readers[Name]> } {
  const errors: StepcastError[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, read] of Object.entries(readers)) {
    try {
      values[name] = read();
    } catch (error) {
      if (!(error instanceof StepcastError)) throw error;
      errors.push(error);
    }
  }
  const [first, ...others] = errors;
  if (first && others.length === 0) throw first;
  if (first) {
    const code = others.every((other) => other.code === first.code) ? first.code : 'invalid_request';
    throw new StepcastError(code, errors.map(({ message }) => message).join('; '), { faults: errors.flatMap(({ faults = [] }) => faults) });
  }
  return values as { [Name in keyof Readers]: ReturnType<Readers[Name]> };
}
