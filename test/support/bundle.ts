import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const NODE = 'node_modules/.bin/node';

/** What a browser would load of the module `entry`: all it imports in one, minified. In a process of its own, as the bundler does not run in Jest's. */
export async function bundle(entry: string): Promise<string> {
  const { stdout } = await promisify(execFile)(NODE, ['test/support/vite-bundle.mjs', entry], { maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}
