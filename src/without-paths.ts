import { normalize, resolve, sep } from 'node:path';

/** A path, absolute or from here on; what has spaces in it, only in quotes. */
const ANY_PATH = /'(?:[^'\n]*[\\/])[^'\n]*'|(?<![\w.…-])(?:[A-Za-z]:[\\/]|\.{0,2}\/)[^\s'":;,]+/g;

/**
 * A reason of the journal as everybody may know it: what is wrong and what helps, and not where on the machine it is.
 * @param folder The data folder, as it was configured.
 */
export function withoutPaths(reason: string, folder: string): string {
  let told = reason;
  for (const path of [resolve(folder), normalize(folder), folder]) told = told.replaceAll(path.endsWith(sep) ? path : path + sep, '');
  return told.replace(ANY_PATH, '…');
}
