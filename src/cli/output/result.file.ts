import { accessSync, chmodSync, constants, realpathSync, renameSync, rmSync, type Stats, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type JsonValue } from '../../contract/json.js';
import { UsageError } from '../exit.codes.js';
import { valueText } from '../terminal.text.js';

/**
 * That a result can be written there, as far as one can tell before.
 *
 * @throws UsageError
 */
export function assertWritable(path: string): void {
  try {
    const there = statOf(path);
    if (there?.isDirectory()) throw new Error('it is a folder');
    accessSync(there?.isFile() === false ? path : dirname(path), constants.W_OK);
  } catch (error) {
    throw new UsageError(`${path} cannot be written: ${(error as Error).message}`);
  }
}

/**
 * Writes a result to a file, text as it is and anything else as JSON. It is there whole or not at all; what is no file, say
 * a pipe or a device, is written to as it stands.
 *
 * @throws UsageError
 */
export function writeResult(path: string, result: JsonValue): void {
  const text = typeof result === 'string' ? result : `${valueText(result, 2)}\n`;
  try {
    const there = statOf(path);
    if (there?.isFile() === false) writeFileSync(path, text);
    // Where a link leads: the link stays one.
    else writeWhole(there ? realpathSync(path) : path, text, there);
  } catch (error) {
    throw new UsageError(`${path} cannot be written: ${(error as Error).message}`);
  }
}

function writeWhole(path: string, text: string, there: Stats | undefined): void {
  const half = `${path}.${process.pid}.part`;
  try {
    writeFileSync(half, text);
    // Who may read what was there may read what takes its place, and nobody else.
    if (there) chmodSync(half, there.mode);
    renameSync(half, path);
  } catch (error) {
    rmSync(half, { force: true });
    throw error;
  }
}

function statOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}
