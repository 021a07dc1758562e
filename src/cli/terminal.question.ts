/** Questions to whoever sits at the terminal. */
import { createInterface } from 'node:readline/promises';
import { type JsonValue } from '../contract/json.js';
import { type StepState } from '../contract/state.js';
import { type Io } from './io.js';
import { safeLine, safeText } from './terminal.text.js';

/** Ctrl-C instead of an answer. */
export class Interrupted extends Error {}

/**
 * @returns undefined where `signal` ended it: the answer is not needed any more.
 * @throws Interrupted
 */
export async function ask(question: string, { stdin, stdout }: Io, signal: AbortSignal): Promise<string | undefined> {
  const terminal = createInterface({ input: stdin, output: stdout, terminal: true });
  const interrupted = new Promise<never>((_answer, reject) => {
    // End of input is no answer either.
    for (const end of ['SIGINT', 'close']) terminal.on(end, () => reject(new Interrupted()));
  });
  interrupted.catch(() => undefined);
  try {
    return await Promise.race([terminal.question(question, { signal }), interrupted]);
  } catch (error) {
    if (signal.aborted) {
      stdout.write('\n');
      return undefined;
    }
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
  const { type, enum: choices } = Object(schema) as AnswerSchema;
  const how = type === 'boolean' ? 'y/n' : choices ? choices.map((choice) => safeLine(JSON.stringify(choice))).join(' | ') : type === 'string' || type === undefined ? '' : `${String(type)} as JSON`;
  return `${safeText(prompt ?? `${id} waits for an answer`)}${how ? ` [${how}]` : ''} `;
}

/** What was typed as the value that the schema asks for; where it cannot be that, the service says so. */
export function answerOf(typed: string, schema: JsonValue | undefined): JsonValue {
  const text = typed.trim();
  const { type } = Object(schema) as AnswerSchema;
  if (type === 'string') return text;
  if (type === 'boolean' && /^(y|yes|true)$/i.test(text)) return true;
  if (type === 'boolean' && /^(n|no|false)$/i.test(text)) return false;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}
