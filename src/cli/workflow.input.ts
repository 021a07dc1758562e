/** What a person gives a workflow on the command line. */
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { type WorkflowDefinition } from '../contract/definition.js';
import { type JsonValue } from '../contract/json.js';
import { UsageError } from './exit.codes.js';
import { type Io } from './io.js';

/**
 * `--input`: JSON, `@file` that holds it, or `-` for standard input.
 *
 * @throws UsageError
 */
export async function readInput(given: string | undefined, { stdin }: Io): Promise<JsonValue | undefined> {
  if (given === undefined) return undefined;
  if (given === '-') return json(await text(stdin), 'standard input');
  return given.startsWith('@') ? json(fileText(given.slice(1)), given.slice(1)) : json(given, '--input');
}

/** @throws UsageError */
export function readDefinition(path: string): WorkflowDefinition {
  const definition = json(fileText(path), path);
  if (typeof definition !== 'object' || definition === null || Array.isArray(definition)) throw new UsageError(`${path} holds no definition: it must be an object with name and steps`);
  return definition as unknown as WorkflowDefinition;
}

/** An answer to a step: JSON where it is some, text otherwise. */
export function readAnswer(given: string): JsonValue {
  try {
    return JSON.parse(given) as JsonValue;
  } catch {
    return given;
  }
}

function fileText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}`);
  }
}

function json(given: string, what: string): JsonValue {
  try {
    return JSON.parse(given.replace(/^\ufeff/, '')) as JsonValue;
  } catch (error) {
    throw new UsageError(`${what} is no JSON: ${(error as Error).message}${what === '--input' ? `; give JSON, say '{"name": "value"}', @file, or - for standard input` : ''}`);
  }
}
