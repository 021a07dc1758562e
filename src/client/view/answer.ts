/** How a person answers a step: the field that takes a value of its JSON Schema best, and what is typed as that value. */
import { isObject, type JsonObject, type JsonValue } from '../../contract/json.js';
import { RequestError } from '../client.error.js';
import { type ViewLabels } from './labels.js';

export type AnswerField =
  | { kind: 'boolean' }
  | { kind: 'choice'; choices: readonly JsonValue[] }
  | { kind: 'number'; isWhole: boolean; min: number | undefined; max: number | undefined }
  | { kind: 'text'; isLong: boolean; minLength: number | undefined; maxLength: number | undefined }
  /** Whatever is not simple is typed as JSON. */
  | { kind: 'json' };

/** Characters that a text may have to be taken by one line. */
const ONE_LINE = 200;

export function fieldOf(schema: JsonValue | undefined): AnswerField {
  const given = objectOf(schema);
  const { enum: choices } = given;
  if (Array.isArray(choices) && choices.length > 0) return { kind: 'choice', choices };
  switch (typeOf(given)) {
    case 'boolean':
      return { kind: 'boolean' };
    case 'integer':
    case 'number':
      return { kind: 'number', isWhole: given['type'] === 'integer', min: numberOf(given['minimum']), max: numberOf(given['maximum']) };
    case 'string': {
      const maxLength = numberOf(given['maxLength']);
      return { kind: 'text', isLong: given['format'] === 'textarea' || (maxLength !== undefined && maxLength > ONE_LINE), minLength: numberOf(given['minLength']), maxLength };
    }
    default:
      return { kind: 'json' };
  }
}

/** What a field begins with. */
export function beginningOf(field: AnswerField, schema: JsonValue | undefined): string {
  const { default: given } = objectOf(schema);
  if (given === undefined) return '';
  if (field.kind === 'choice') {
    const at = field.choices.findIndex((choice) => JSON.stringify(choice) === JSON.stringify(given));
    return at < 0 ? '' : String(at);
  }
  return field.kind === 'json' || typeof given === 'object' ? JSON.stringify(given, null, 2) : String(given);
}

/** What is typed, as a value. @param typed Of a choice, its place among them. */
export function valueOf(field: AnswerField, typed: string, labels: ViewLabels): { value: JsonValue } | { fault: string } {
  switch (field.kind) {
    case 'boolean':
      return { value: typed === 'true' };
    case 'choice': {
      const value = field.choices[Number(typed || -1)];
      return value === undefined ? { fault: labels.choose } : { value };
    }
    case 'number': {
      const value = Number(typed);
      return typed.trim() === '' || !Number.isFinite(value) ? { fault: labels.noNumber } : { value };
    }
    case 'text':
      return { value: typed };
    default:
      try {
        return { value: JSON.parse(typed) as JsonValue };
      } catch (error) {
        return { fault: labels.noJson((error as Error).message) };
      }
  }
}

/** A choice as it is shown. */
export function choiceLabel(choice: JsonValue, { yes, no }: ViewLabels): string {
  if (typeof choice === 'string') return choice;
  return choice === true ? yes : choice === false ? no : JSON.stringify(choice);
}

/** Why an answer was not taken, with each fault of it. */
export function refusalOf(error: unknown): string {
  const faults = error instanceof RequestError ? error.errors.map(({ path, message }) => `${path} ${message}`.trim()) : [];
  return faults.length ? faults.join('; ') : error instanceof Error ? error.message : String(error);
}

function objectOf(schema: JsonValue | undefined): JsonObject {
  return isObject(schema) ? schema : {};
}

/** The one type of its values; undefined where there are several, or none is said. */
function typeOf({ type }: JsonObject): string | undefined {
  const types = [type].flat();
  return types.length === 1 && typeof types[0] === 'string' ? types[0] : undefined;
}

function numberOf(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
