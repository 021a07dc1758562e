/**
 * A real Chromium for the tests of what runs in browsers: the one of the system, driven by playwright-core, which brings none
 * of its own. `STEPCAST_CHROMIUM` names another one. Where there is none, its tests are counted as skipped, and a line says so.
 */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect } from '@jest/globals';
import { type Browser, chromium as driver } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome-stable', '/usr/bin/google-chrome', '/snap/bin/chromium', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];
/** Milliseconds that its start may take where the machine is busy. */
const START_MS = 60_000;

/** Path of the executable; undefined where there is none. */
export const chromium: string | undefined = [process.env['STEPCAST_CHROMIUM'], ...PLACES].find((path) => path !== undefined && path !== '' && existsSync(path));

/** Starts one; whoever does closes it. @throws where there is none. */
export async function launch(): Promise<Browser> {
  if (chromium === undefined) throw new Error('no Chromium was found: install it (apt-get install chromium), or name one by STEPCAST_CHROMIUM');
  // Containers have neither the user namespaces that its sandbox needs nor a large /dev/shm.
  return driver.launch({ executablePath: chromium, args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'], timeout: START_MS });
}

/** `describe`, or, without a Chromium, its skipped form with a line on standard error. */
export const describeInChromium: typeof describe | typeof describe.skip = chromium === undefined ? skipLoudly() : describe;

function skipLoudly(): typeof describe.skip {
  const file = basename(expect.getState().testPath ?? 'tests');
  process.stderr.write(`SKIPPED: ${file}: no Chromium was found; install it (apt-get install chromium), or name one by STEPCAST_CHROMIUM\n`);
  return describe.skip;
}
