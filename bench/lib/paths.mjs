import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const BENCH = dirname(dirname(fileURLToPath(import.meta.url)));
export const ROOT = dirname(BENCH);
/** The build that is measured; `--dist` names another one, to compare two. */
export const DIST = resolve(process.env.BENCH_DIST ?? join(ROOT, 'dist'));

export const engineFile = (name) => join(BENCH, 'engines', `${name}.engine.mjs`);
export const serverFile = (name) => join(BENCH, 'servers', `${name}.server.mjs`);

/** Runs `work` with a folder of its own on the disk, and removes it. */
export async function withFolder(work) {
  const folder = mkdtempSync(join(tmpdir(), 'stepcast-bench-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
