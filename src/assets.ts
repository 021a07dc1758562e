/**
 * Where a file is that is read at run time: `path` is from the root of the sources, and of what is built of them. Here
 * alone, as the service is put together into one file (`rollup.config.mjs`), where no other module knows its own folder.
 */
export function assetUrl(path: string): URL {
  return new URL(path, import.meta.url);
}
