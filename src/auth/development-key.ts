/**
 * The key that lets a developer in before any is configured: made once, kept in the data folder for the next start.
 * Whoever can read the file is the user `dev`, so it is never readable to others, not for a moment.
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync, constants, fchmodSync, fstatSync, fsyncSync, linkSync, mkdirSync, openSync, readSync, renameSync, rmSync, writeSync,
} from 'node:fs';
import { join } from 'node:path';

export interface DevelopmentKey {
  key: string;
  /** `false`: the folder could not be written; the key lives as long as the process. */
  persisted: boolean;
  /** Where the key is kept, or would be. */
  path: string;
}

const FILE = 'development.key';
const KEY = /^dev_[A-Za-z0-9_-]{43}$/;
const PRIVATE = 0o600;

/** Never throws: where the file cannot be had, the key is kept in memory. */
export function loadDevelopmentKey(dataDir: string): DevelopmentKey {
  const path = join(dataDir, FILE);
  const key = `dev_${randomBytes(32).toString('base64url')}`;
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    return { key: readKey(path) ?? storeKey(path, key), persisted: true, path };
  } catch {
    return { key, persisted: false, path };
  }
}

/** The key in the file; nothing where there is no file or it holds no key. Takes the file from others on the way. */
function readKey(path: string): string | undefined {
  let file: number;
  try {
    // A link could lead to a file that is not ours to tighten, and opening a pipe would wait for its writer.
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ELOOP', 'EMLINK')) return undefined;
    throw error;
  }
  try {
    const { mode } = fstatSync(file);
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) return undefined;
    if ((mode & 0o777) !== PRIVATE) fchmodSync(file, PRIVATE);
    const buffer = Buffer.alloc(256);
    const text = buffer.toString('utf8', 0, readSync(file, buffer, 0, buffer.length, 0)).trim();
    return KEY.test(text) ? text : undefined;
  } finally {
    closeSync(file);
  }
}

/**
 * Puts the key where the next start finds it; where another process was faster, answers that one's key. The file is
 * written under another name first and appears under its own in one step, so nobody ever reads half of a key.
 */
function storeKey(path: string, key: string): string {
  const draft = `${path}.${process.pid}.${randomBytes(6).toString('hex')}`;
  try {
    const file = openSync(draft, 'wx', PRIVATE);
    try {
      // The umask may have taken rights away that the mode above asked for.
      fchmodSync(file, PRIVATE);
      writeSync(file, key);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    try {
      // Unlike a rename, a link is refused where the name is taken: of several processes one wins.
      linkSync(draft, path);
      return key;
    } catch (error) {
      if (!hasCode(error, 'EEXIST', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS')) throw error;
    }
    const winner = readKey(path);
    if (winner !== undefined) return winner;
    // What is there is no key, or the file system knows no links.
    renameSync(draft, path);
    return key;
  } finally {
    rmSync(draft, { force: true });
  }
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException).code ?? '');
}
