import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const NODE = 'node_modules/.bin/node';

/**
 * What a browser would load of the module `entry`: all it imports in one, minified. In a process of its own, as the bundler does
 * not run in Jest's. @param mode `development`: as libraries are while an app is written, with the faults that they warn of.
 */
export async function bundle(entry: string, mode: 'production' | 'development' = 'production'): Promise<string> {
  const { stdout } = await promisify(execFile)(NODE, ['test/support/vite-bundle.mjs', entry, mode], { maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}
