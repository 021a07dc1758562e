/** Runs the commands of the documentation as somebody pastes them into a terminal, and reads what they have written. */
import { execFile, spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { it } from '@jest/globals';
import { type ExecutionEvent } from '../../src/contract/events.js';

/** Where the pinned Node is: it goes before any other. */
export const PINNED_NODE = resolve('node_modules/.bin');

const run = promisify(execFile);
const hasShell = spawnSync('bash', ['-c', 'command -v curl']).status === 0;
if (!hasShell) process.stderr.write('SKIPPED: the commands of the documentation are not run, as there is no bash or no curl here\n');

/** `it`, where there is a shell. */
export const itWithShell: typeof it | typeof it.skip = hasShell ? it : it.skip;

/** Runs commands as pasted into one terminal; what each block has written, by its name. */
export async function paste(blocks: { name: string; code: string }[], cwd: string): Promise<Record<string, string>> {
  const script = blocks.map(({ name, code }) => `printf '\\036%s\\n' ${name}\n${code}`).join('\n');
  const env = { ...process.env, PATH: `${PINNED_NODE}:${process.env['PATH']}` };
  const { stdout } = await run('bash', ['-c', script], { cwd, env, maxBuffer: 16 * 1024 * 1024 });
  return Object.fromEntries(stdout.split('\x1e').slice(1).map((text) => [text.slice(0, text.indexOf('\n')), text.slice(text.indexOf('\n') + 1)]));
}

/** The environment that `npm start` is given where it is the last of the commands. */
export async function environmentOf(code: string, cwd: string): Promise<Record<string, string>> {
  const asked = code.replace(/npm start\n$/, 'env -0\n');
  if (asked === code) throw new Error(`npm start is not the last of the commands:\n${code}`);
  const { stdout } = await run('bash', ['-c', asked], { cwd, env: { PATH: process.env['PATH'] } });
  return Object.fromEntries(stdout.split('\0').filter(Boolean).map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

/** The events in what `curl` has written of a stream. */
export function eventsIn(output = ''): ExecutionEvent[] {
  return [...output.matchAll(/^data: (.*)$/gm)].map(([, json]) => JSON.parse(json as string) as ExecutionEvent);
}

/** The JSON texts in what several `curl`s have written, a line each. */
export function answersIn(output = ''): unknown[] {
  return output.trim().split('\n').map((text) => JSON.parse(text) as unknown);
}
