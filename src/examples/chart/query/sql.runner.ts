/** Runs SQL that nobody has to trust: guarded, and in a process of its own that is killed when its time is over. */
import { type ChildProcess, spawn } from 'node:child_process';
import { Injectable, Logger } from '@nestjs/common';
import { scriptFile } from '../../../assets.js';
import { type Row } from '../chart.types.js';
import { DATASET_FILE } from '../dataset/dataset.js';
import { QueryPlaces } from './query.places.js';
import { guardSql, SqlRefused } from './sql.guard.js';

export interface QueryResult {
  columns: string[];
  rows: Row[];
  /** Whether there are more rows than were read, which are 1,000. */
  truncated: boolean;
}

/** Milliseconds that a statement may run. */
const QUERY_MS = 2000;
/** Queries that run at once, each a process of some 60 to 200 MB. */
const MAX_QUERIES = 4;
/** Milliseconds that the process may take to start. */
const START_MS = 15_000;
const logger = new Logger('Chart');
/** Bytes; what the child answers is bounded by itself, this is for a child that is not itself any more. */
const MAX_OUTPUT = 8 * 1024 * 1024;

const CHILD = scriptFile('./examples/chart/query/sql.child');

export interface RunOptions {
  limitMs?: number;
  /** Users take turns where queries wait for one another. */
  user?: string | undefined;
}

@Injectable()
export class SqlRunner {
  private readonly places = new QueryPlaces(MAX_QUERIES);

  /**
   * Waits for its turn where others run: that counts into no limit but the step's.
   * @param signal Kills the process.
   * @throws SqlRefused for SQL that is not allowed, is wrong or takes too long; the reason of `signal` where it aborts.
   */
  async run(sql: string, signal: AbortSignal, { limitMs = QUERY_MS, user }: RunOptions = {}): Promise<QueryResult> {
    const statement = guardSql(sql);
    const giveBack = await this.places.take(user, signal);
    try {
      signal.throwIfAborted();
      return await this.start(statement, signal, limitMs);
    } finally {
      giveBack();
    }
  }

  private async start(statement: string, signal: AbortSignal, limitMs: number): Promise<QueryResult> {
    const child = spawn(process.execPath, ['--permission', '--allow-worker', `--allow-fs-read=${CHILD}`, `--allow-fs-read=${DATASET_FILE}`, '--max-old-space-size=64', '--no-warnings', CHILD], {
      env: {}, stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true,
    });
    // A child that ends before it has read is told of by its end.
    child.stdin.on('error', () => undefined);
    child.stdin.end(JSON.stringify({ file: DATASET_FILE, sql: statement, limitMs }));
    try {
      const { columns, rows, truncated, error } = JSON.parse(await answerOf(child, signal, limitMs)) as QueryResult & { error?: string };
      if (error !== undefined) throw new SqlRefused(`SQLite says: ${error}`);
      return { columns, rows, truncated };
    } finally {
      child.kill('SIGKILL');
    }
  }
}

/** The line after `ready`. */
function answerOf(child: ChildProcess, signal: AbortSignal, limitMs: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const late = (): void => reject(new SqlRefused(`the query took longer than ${limitMs / 1000} s; ask for less`));
  let timer = setTimeout(() => reject(new Error('the process that runs queries did not start in time')), START_MS);
  const abort = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  let [output, complaint, isReady, isOver] = ['', '', false, false];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (output.length > MAX_OUTPUT) reject(new SqlRefused('the answer is too large; select fewer columns'));
    if (!isReady && output.startsWith('ready\n')) {
      isReady = true;
      clearTimeout(timer);
      timer = setTimeout(late, limitMs);
    }
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(-2000)));
  child.once('error', reject);
  // `close` and not `exit`: all output has been read then. A process without memory is gone without an answer.
  child.once('close', (code, by) => {
    // It was killed, by us.
    if (isOver) return;
    const line = output.trimEnd().split('\n').at(-1) ?? '';
    if (code === 0 && line.startsWith('{')) resolve(line);
    else if (isReady) reject(new SqlRefused('the query needs too much memory; ask for less'));
    else {
      logger.error(`the process that runs queries ended with ${code ?? by}: ${complaint}`);
      reject(new Error('the process that runs queries could not work; the log of the service says why'));
    }
  });
  return promise.finally(() => {
    isOver = true;
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  });
}
