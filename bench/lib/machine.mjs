/** What a figure was measured on and with. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { cpus, loadavg, release, tmpdir, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { BENCH, ROOT } from './paths.mjs';

/** What statfs calls a folder that is kept in memory, on Linux. */
const TMPFS = 0x01021994;

export function describeMachine() {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown', cores: processors.length, memoryGB: Math.round(totalmem() / 1e9),
    // Where the journals are while they are measured.
    storage: statfsSync(tmpdir()).type === TMPFS ? 'files in memory' : 'files on disk',
    system: `${type()} ${release()}`, node: process.version, sqlite: process.versions.sqlite,
  };
}

/** Work that others give the machine, in cores: what it was over the last minute before the bench began. */
export function loadNow() {
  return Math.round(loadavg()[0] * 100) / 100;
}

/** Versions of Stepcast, with the commit where there is one, and of everything that it is measured beside. */
export function describeVersions() {
  const stepcast = readJson(join(ROOT, 'package.json'));
  const peers = Object.keys(readJson(join(BENCH, 'package.json')).devDependencies);
  const versions = { stepcast: [stepcast.version, commit()].filter(Boolean).join(' ') };
  for (const name of ['@nestjs/core', 'rxjs']) versions[name] = readJson(join(ROOT, 'node_modules', name, 'package.json')).version;
  for (const name of peers) {
    const file = join(BENCH, 'node_modules', name, 'package.json');
    if (existsSync(file)) versions[name] = readJson(file).version;
  }
  return versions;
}

function commit() {
  try {
    const git = (...args) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    return `(${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain', 'src') ? ', changed' : ''})`;
  } catch {
    return undefined;
  }
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}
