/**
 * Node's own SQLite, which an older Node does not have. A static import of it would fail before a line of any module is
 * run, with words that name no remedy; this one says what is needed.
 */

/** @throws Error */
function load(): typeof import('node:sqlite') {
  // Missing itself before Node 20.16, and without SQLite before Node 22.13.
  const sqlite = (process as Partial<Pick<NodeJS.Process, 'getBuiltinModule'>>).getBuiltinModule?.('node:sqlite');
  if (!sqlite) throw new Error(`stepcast needs the SQLite of Node 22.13 or later, but this is ${process.version} (${process.execPath}) without it; install one from https://nodejs.org`);
  return sqlite;
}

export const { DatabaseSync } = load();
