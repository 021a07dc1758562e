import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Where a file is that is read at run time: `path` is from the root of the sources, and of what is built of them. Here
 * alone, as the service is put together into one file (`rollup.config.mjs`), where no other module knows its own folder.
 */
export function assetUrl(path: string): URL {
  return new URL(path, import.meta.url);
}

/** A file of code that a process or a thread of its own runs, named without its ending: as it was built, or, in tests, as it is in the sources. */
export function scriptFile(path: string): string {
  const built = fileURLToPath(assetUrl(`${path}.js`));
  return existsSync(built) ? built : fileURLToPath(assetUrl(`${path}.ts`));
}
