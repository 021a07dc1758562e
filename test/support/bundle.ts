import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const NODE = 'node_modules/.bin/node';

/** The lowest versions of React and Vue that are supported, by the names that they are installed under beside the newest ones. */
export const LOWEST: Readonly<Record<string, string>> = { react: 'react-18', 'react-dom': 'react-dom-18', vue: 'vue-3.4' };

/**
 * What a browser would load of the module `entry`: all it imports in one, minified. In a process of its own, as the bundler does
 * not run in Jest's.
 *
 * @param mode `development`: as libraries are while an app is written, with the faults that they warn of.
 * @param packages Those that take the place of others, wherever they are imported, by the packages themselves too.
 */
export async function bundle(entry: string, mode: 'production' | 'development' = 'production', packages: Readonly<Record<string, string>> = {}): Promise<string> {
  const { stdout } = await promisify(execFile)(NODE, ['test/support/vite-bundle.mjs', entry, mode, JSON.stringify(packages)], { maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}
