/**
 * The process that runs one statement and ends. SQLite works in native code that nothing in JavaScript can stop: not a
 * timer, and not the end of a worker thread, which waits for the code that runs in it. A process of its own can be killed,
 * whatever the statement does, and takes its memory with it.
 *
 * It is started without an environment and with Node's permission to read two files only: this one and the data set. It
 * stands alone, without imports of ours, so that these two are enough. The statement runs in a thread, so that the
 * process can end itself too: whoever started it may be dead by then.
 *
 * In: `{file, sql, limitMs}` as JSON on the standard input. Out: a line `ready`, and a line of JSON, `{columns, rows,
 * truncated}` or `{error}`.
 */
import { readFileSync, writeSync } from 'node:fs';
import { constants, DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

interface Request {
  file: string;
  sql: string;
  /** Milliseconds that the statement may run; after that the process is killed, or, a little later, kills itself. */
  limitMs: number;
}

const GRACE_MS = 1000;
const MAX_ROWS = 1000;
const MAX_COLUMNS = 12;
/** Characters of JSON. */
const MAX_ANSWER = 1024 * 1024;
const TABLE = 'birdstrikes';

/** Aggregates, text, numbers, dates, windows. Nothing that makes large values, reads settings or loads code. */
const FUNCTIONS = new Set([
  'abs', 'avg', 'ceil', 'ceiling', 'coalesce', 'concat', 'concat_ws', 'count', 'cume_dist', 'date', 'datetime', 'dense_rank', 'exp', 'first_value', 'floor',
  'format', 'glob', 'group_concat', 'if', 'ifnull', 'iif', 'instr', 'julianday', 'lag', 'last_value', 'lead', 'length', 'like', 'likely', 'ln', 'log', 'log10',
  'log2', 'lower', 'ltrim', 'max', 'median', 'min', 'mod', 'nth_value', 'ntile', 'nullif', 'percent_rank', 'percentile', 'percentile_cont', 'percentile_disc', 'pow',
  'power', 'printf', 'rank', 'replace', 'round', 'row_number', 'rtrim', 'sign', 'sqrt', 'strftime', 'string_agg', 'substr', 'substring', 'sum', 'time', 'timediff', 'total', 'trim',
  'trunc', 'typeof', 'unixepoch', 'unlikely', 'upper',
]);

function open(file: string): DatabaseSync {
  const limits = { length: 100_000, sqlLength: 20_000, column: 100, exprDepth: 200, compoundSelect: 20, vdbeOp: 25_000, functionArg: 20, attach: 0, likePatternLength: 200, variableNumber: 0, triggerDepth: 1 };
  const db = new DatabaseSync(file, { readOnly: true, allowExtension: false, limits });
  // Bytes, of the whole process.
  db.exec('PRAGMA hard_heap_limit = 67108864; PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF');
  // Missing before Node 24.10: the guard, the read-only connection and the permissions do without it there.
  (db as Partial<Pick<DatabaseSync, 'setAuthorizer'>>).setAuthorizer?.call(db, authorize);
  return db;
}

function authorize(action: number, first: string | null, second: string | null): number {
  switch (action) {
    // Recursion makes chains of dates; a chain without end is what the time limit is for.
    case constants.SQLITE_SELECT:
    case constants.SQLITE_RECURSIVE:
      return constants.SQLITE_OK;
    case constants.SQLITE_READ:
      // A column of the table. Without a column: rows that only are counted, of the table, of a subquery or of a WITH.
      return first === TABLE || (second === '' && !/^(?:sqlite|pragma|dbstat)/i.test(String(first))) ? constants.SQLITE_OK : constants.SQLITE_DENY;
    case constants.SQLITE_FUNCTION:
      return FUNCTIONS.has(String(second).toLowerCase()) ? constants.SQLITE_OK : constants.SQLITE_DENY;
    default:
      return constants.SQLITE_DENY;
  }
}

function run(db: DatabaseSync, sql: string): unknown {
  const statement = db.prepare(sql);
  // Missing before Node 22.16: the first row has the names too.
  const told = (statement as Partial<Pick<StatementSync, 'columns'>>).columns?.call(statement).map(({ name }) => name);
  const columns = told ?? Object.keys(statement.get() ?? {});
  const twice = columns.find((name, i) => columns.indexOf(name) !== i);
  if (twice !== undefined) throw new Error(`two columns are called ${twice}; give each a name of its own with AS`);
  if (columns.length > MAX_COLUMNS) throw new Error(`the answer has ${columns.length} columns; select at most ${MAX_COLUMNS}`);
  const rows: Record<string, SQLOutputValue>[] = [];
  let length = 0;
  for (const row of statement.iterate()) {
    if (rows.length === MAX_ROWS) return { columns, rows, truncated: true };
    for (const name of columns) if (row[name] instanceof Uint8Array) throw new Error(`the column ${name} holds bytes; select text and numbers`);
    length += JSON.stringify(row).length;
    if (length > MAX_ANSWER) throw new Error('the answer is larger than 1 MiB; select fewer or shorter columns');
    rows.push(row);
  }
  return { columns, rows, truncated: false };
}

function answer({ file, sql }: Request): unknown {
  try {
    const db = open(file);
    tell('ready');
    parentPort?.postMessage('ready');
    return run(db, sql);
  } catch (error) {
    return { error: (error as Error).message };
  }
}

/** All of it, also where a pipe takes only a part at once. */
function tell(line: string): void {
  const bytes = Buffer.from(`${line}\n`);
  for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at);
}

if (isMainThread) {
  const request = JSON.parse(readFileSync(0, 'utf8')) as Request;
  const thread = new Worker(new URL(import.meta.url), { workerData: request });
  // An end in good order would wait for the thread.
  thread.once('message', () => setTimeout(() => process.kill(process.pid, 'SIGKILL'), request.limitMs + GRACE_MS).unref());
} else {
  tell(JSON.stringify(answer(workerData as Request)));
}
