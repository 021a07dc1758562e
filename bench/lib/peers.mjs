/** The peers are installed by the bench itself, into its own folder and from its own lockfile: users of Stepcast have none of them. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BENCH } from './paths.mjs';

/** Installs what the lockfile says, where that is not what is there. None of the peers runs a script at its installation. */
export function installPeers() {
  if (isCurrent()) return;
  console.log('Installing the peers (once) …');
  const { status } = spawnSync('npm', ['ci', '--prefix', BENCH, '--ignore-scripts', '--no-audit', '--no-fund'], { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error('the peers could not be installed; see above, and try npm ci --prefix bench');
}

/** npm leaves the lockfile of what it has installed in node_modules. */
function isCurrent() {
  const installed = join(BENCH, 'node_modules', '.package-lock.json');
  if (!existsSync(installed)) return false;
  const wanted = packagesOf(join(BENCH, 'package-lock.json'));
  const present = packagesOf(installed);
  return Object.entries(wanted).every(([path, { version, optional }]) => path === '' || optional || present[path]?.version === version);
}

function packagesOf(lockfile) {
  return JSON.parse(readFileSync(lockfile, 'utf8')).packages;
}
