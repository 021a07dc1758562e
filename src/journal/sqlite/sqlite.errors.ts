/** What SQLite's errors mean: whether to wait, to open the file anew or to refuse one statement, and what to tell the operator. */

/** The database file is not the one that was opened any more. */
export class FileMovedError extends Error {
  constructor() {
    super('the file was deleted or replaced while it was in use: what is there now is opened; to go on with the former state, stop Stepcast and restore a backup');
  }
}

/** The primary result code of a SQLite error (sqlite.org/rescode.html), where it is one. */
function resultCode(error: unknown): number | undefined {
  const { errcode } = error as { errcode?: unknown };
  return typeof errcode === 'number' ? errcode & 0xff : undefined;
}

/** Codes that speak of one statement and its values, not of the file: too big, constraint, mismatch, range. */
const FAULTY = new Set([18, 19, 20, 25]);
/** Damaged, or no database at all. */
const DAMAGED = new Set([11, 26]);
/** After which the connection is not worth keeping: error, read-only, input/output, damaged, cannot open, no database. */
const REOPEN = new Set([1, 8, 10, 11, 14, 26]);
/** Input/output errors that a full disk shows as: of a shared-memory file that cannot grow, of one that ends too early. */
const SHM_SIZE = 4874;
const SHORT_READ = 522;
/** A write that the system refuses: a quota, or a limit on files. The transaction is undone, and what is there can be read as before. */
const REFUSED_WRITE = 778;

const LOCKED = 'another program has locked it; end that program, or wait: it is tried again';
const CORRUPT = 'it is damaged; delete the -wal and -shm files beside it and restore it from a backup, or move all three away';
const FULL = 'the disk is full; free some space';
const REMEDIES: Record<number, string> = {
  5: LOCKED,
  6: LOCKED,
  8: 'it is read-only; give the process the right to write to it and to its folder',
  10: 'the disk refuses it; check the disk, its free space and the limits of the process (ulimit -f)',
  11: CORRUPT,
  13: FULL,
  14: 'it cannot be opened; check that the folder may be written to and the disk is not full',
  26: 'it is not a SQLite database; move it away or set STEPCAST_DATA_DIR to another folder',
};
const SYSTEM_REMEDIES: Record<string, string> = {
  EACCES: 'give the process the right to write to the data folder and the files in it',
  EEXIST: 'the data folder is a file; move it away or set STEPCAST_DATA_DIR to a folder',
  ENOTDIR: 'a part of the path is a file; set STEPCAST_DATA_DIR to a folder',
  ENOSPC: FULL,
  EROFS: 'the disk is read-only; mount it for writing or set STEPCAST_DATA_DIR to another folder',
};

/** Locked by someone else for now: worth waiting for. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error);
  return code === 5 || code === 6;
}

/** Whether the connection is of no more use: a full or locked file can be written to later, one that was replaced or damaged cannot. */
export function needsReopen(error: unknown): boolean {
  if ((error as { errcode?: unknown }).errcode === REFUSED_WRITE) return false;
  return REOPEN.has(resultCode(error) as number) || error instanceof FileMovedError;
}

export function isDamaged(error: unknown): boolean {
  return DAMAGED.has(resultCode(error) as number) || (error as { errcode?: unknown }).errcode === SHORT_READ;
}

/** Whether only what was asked is at fault, and not the file: the next statement may do. */
export function isFaulty(error: unknown): boolean {
  const code = resultCode(error);
  return code === undefined ? !(error instanceof FileMovedError) : FAULTY.has(code);
}

/** One line for the operator: what is wrong with the journal, and what helps. */
export function explain(error: unknown, path: string): string {
  const { errcode, code: system, message } = error as { errcode?: unknown; code?: unknown; message: string };
  const code = resultCode(error);
  if (code !== undefined) {
    const remedy = errcode === SHM_SIZE ? FULL : errcode === SHORT_READ ? CORRUPT : (REMEDIES[code] ?? 'stop Stepcast, check the file, and start it again');
    return `${path}: ${message}: ${remedy}`;
  }
  if (typeof system === 'string' && /^E[A-Z]+$/.test(system)) {
    return `${message}: ${SYSTEM_REMEDIES[system] ?? 'check that the data folder exists and may be written to'}`;
  }
  return `${path}: ${message}`;
}
