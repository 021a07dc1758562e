import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { type JsonValue } from '../../contract/json.js';
import { UsageError } from '../exit.codes.js';
import { valueText } from '../terminal.text.js';

/**
 * Writes a result to a file, text as it is and anything else as JSON. It is there whole or not at all.
 *
 * @throws UsageError
 */
export function writeResult(path: string, result: JsonValue): void {
  const half = `${path}.${process.pid}.part`;
  try {
    writeFileSync(half, typeof result === 'string' ? result : `${valueText(result, 2)}\n`);
    renameSync(half, path);
  } catch (error) {
    rmSync(half, { force: true });
    throw new UsageError(`${path} cannot be written: ${(error as Error).message}`);
  }
}
