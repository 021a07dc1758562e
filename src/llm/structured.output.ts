/** The object that a model writes as JSON, where a step asks for one by a schema. */
import { StepcastError } from '../contract/errors.js';
import { type JsonObject, type JsonValue } from '../contract/json.js';
import { compileSchema } from '../orchestration/definition/input.validator.js';

const FENCED = /^```(?:json)?\s*\n([\s\S]*?)\n?```$/;
const MAX_TOLD = 3;

/**
 * Reads what the model has written; a fence of Markdown around it, which some models put there, is taken off.
 * @throws StepcastError `output_invalid`: no JSON, or none that meets the schema.
 */
export function readObject(text: string, schema: JsonObject, model: string): JsonValue {
  const written = text.trim();
  let value: JsonValue;
  try {
    value = JSON.parse(FENCED.exec(written)?.[1] ?? written) as JsonValue;
  } catch {
    throw new StepcastError('output_invalid', `the model "${model}" has written no JSON: ${JSON.stringify(written.slice(0, 100))}`, { retryable: true });
  }
  const faults = compileSchema(schema)(value);
  if (faults.length === 0) return value;
  const told = faults.slice(0, MAX_TOLD).map(({ path, message }) => `${path || 'it'} ${message}`).join('; ');
  throw new StepcastError('output_invalid', `the model "${model}" has written an object that does not meet the schema: ${told}`, { faults, retryable: true });
}
