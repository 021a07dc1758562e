/** Questions to whoever sits at the terminal. */
import { createInterface } from 'node:readline/promises';
import { type JsonValue } from '../contract/json.js';
import { type StepState } from '../contract/state.js';
import { exampleOf } from './input.hint.js';
import { type Io } from './io.js';
import { safeLine, safeText } from './terminal.text.js';

/** Ctrl-C instead of an answer. */
export class Interrupted extends Error {}

/**
 * @returns undefined where `signal` ended it: the answer is not needed any more.
 * @throws Interrupted
 */
export async function ask(question: string, { stdin, stdout, stderr }: Io, signal: AbortSignal): Promise<string | undefined> {
  // What is written beside it may be for a program.
  const output = stderr.isTTY ? stderr : stdout;
  const terminal = createInterface({ input: stdin, output, terminal: true });
  const interrupted = new Promise<never>((_answer, reject) => {
    // End of input is no answer either.
    for (const end of ['SIGINT', 'close']) terminal.on(end, () => reject(new Interrupted()));
  });
  interrupted.catch(() => undefined);
  try {
    return await Promise.race([terminal.question(question, { signal }), interrupted]);
  } catch (error) {
    // What comes next begins on a line of its own.
    output.write('\n');
    if (signal.aborted) return undefined;
    throw error;
  } finally {
    terminal.close();
  }
}

interface AnswerSchema {
  type?: string | string[];
  enum?: JsonValue[];
}

/** How a step that waits asks its question. */
export function questionOf({ id, prompt, schema }: StepState): string {
  const how = answersOf(schema);
  return `${safeText(prompt ?? `${id} waits for an answer`)}${how ? ` [${how}]` : ''} `;
}

function answersOf(schema: JsonValue | undefined): string {
  const { type, enum: choices } = Object(schema) as AnswerSchema;
  if (type === 'boolean') return 'y/n';
  if (choices) return choices.map((choice) => safeLine(JSON.stringify(choice))).join(' | ');
  if (type === 'object' || type === 'array') return `JSON like ${safeLine(JSON.stringify(exampleOf(schema)))}`;
  return type === 'string' || type === undefined ? '' : `${String(type)} as JSON`;
}

/** What was typed as the value that the schema asks for; where it cannot be that, the service says so. */
export function answerOf(typed: string, schema: JsonValue | undefined): JsonValue {
  const text = typed.trim();
  const { type, enum: choices = [] } = Object(schema) as AnswerSchema;
  // As it is shown, or without the quotes of a text.
  const choice = choices.find((one) => JSON.stringify(one) === text) ?? choices.find((one) => one === text);
  if (choice !== undefined) return choice;
  if (type === 'string') return text;
  if (type === 'boolean' && /^(y|yes|true)$/i.test(text)) return true;
  if (type === 'boolean' && /^(n|no|false)$/i.test(text)) return false;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}
