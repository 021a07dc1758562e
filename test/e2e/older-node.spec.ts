import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { BUILT } from '../support/pasted-app.js';

describe('the package on a Node without SQLite', () => {
  it('is not imported, and says which Node it needs', () => {
    const script = `import(${JSON.stringify(pathToFileURL(join(BUILT, 'index.js')).href)}).then(() => console.log('imported'), ({ message }) => console.log(message))`;
    // Without this flag an older Node is what it takes.
    const { stdout, stderr } = spawnSync(process.execPath, ['--no-experimental-sqlite', '--eval', script], { encoding: 'utf8', timeout: 60_000 });
    expect([stdout, stderr]).toEqual([
      `stepcast needs the SQLite of Node 22.13 or later, but this is ${process.version} (${process.execPath}) without it; install one from https://nodejs.org\n`, '',
    ]);
  });
});
