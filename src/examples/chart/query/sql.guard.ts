/**
 * Looks at SQL before it is run: one SELECT, or one that begins with WITH, and nothing that reaches out of the data set.
 * It reads tokens and not grammar, so that it says soon and clearly what is wrong. It is the first of several walls: the
 * statement then runs on a read-only connection with an authorizer and limits, in a process that has no rights, no
 * environment and little time (`sql.child.ts`).
 */

export const MAX_SQL_LENGTH = 10_000;

/** SQL that is not run, or that gives nothing to draw; the message is for whoever wrote it. */
export class SqlRefused extends Error {
  readonly retryable = false;

  constructor(message: string, readonly code: 'sql_refused' | 'nothing_found' = 'sql_refused') {
    super(message);
    this.name = 'SqlRefused';
  }
}

interface Token {
  kind: 'word' | 'quoted' | 'string' | 'number' | 'mark';
  /** Words in lower case, quoted names without their quotes. */
  text: string;
  /** How many parentheses are open. */
  depth: number;
}

const TOKEN = /\s+|--[^\n]*|\/\*[\s\S]*?\*\/|(?<string>'(?:[^']|'')*')|(?<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])|(?<word>[\p{L}_][\p{L}\p{N}_$]*)|(?<number>\.?\d[\w.]*)|(?<mark>[^'"`[\s])/uy;

const NOT_IN_A_QUERY = new Set(['pragma', 'attach', 'detach', 'vacuum', 'reindex', 'analyze', 'begin', 'commit', 'rollback', 'savepoint', 'release', 'explain', 'create', 'drop', 'alter']);
const CHANGES = new Set(['insert', 'update', 'delete', 'replace']);
const INTERNAL = /^(?:pragma|sqlite|dbstat|fts\d|json_(?:each|tree)|load_extension)/;

/** The statement, without the semicolon after it. @throws SqlRefused */
export function guardSql(sql: string): string {
  if (sql.length > MAX_SQL_LENGTH) throw new SqlRefused(`the SQL is longer than ${MAX_SQL_LENGTH} characters`);
  if (sql.includes('\0')) throw new SqlRefused('the SQL has a NUL character');
  const tokens = tokensOf(sql);
  while (tokens.at(-1)?.text === ';' && tokens.at(-1)?.kind === 'mark') tokens.pop();
  const [first] = tokens;
  if (!first) throw new SqlRefused('there is no SQL');
  if (first.kind !== 'word' || (first.text !== 'select' && first.text !== 'with')) throw new SqlRefused('the SQL must be one SELECT, or one that begins with WITH');
  for (const [i, token] of tokens.entries()) refuse(token, tokens[i + 1]);
  return sql.trim().replace(/(?:\s*;)+$/, '');
}

function refuse({ kind, text, depth }: Token, next: Token | undefined): void {
  if (kind === 'mark' && text === ';') throw new SqlRefused('there is more than one statement; write one SELECT');
  if (kind === 'mark' && /[?:@$]/.test(text)) throw new SqlRefused(`the SQL has a parameter (${text}); write the values themselves`);
  if (kind === 'word' && NOT_IN_A_QUERY.has(text)) throw new SqlRefused(`${text.toUpperCase()} is not allowed; write one SELECT`);
  // `replace(a, b, c)` is a function; what changes data stands outside of all parentheses.
  if (kind === 'word' && depth === 0 && CHANGES.has(text) && next?.text !== '(') throw new SqlRefused(`${text.toUpperCase()} is not allowed; the data are read only`);
  if ((kind === 'word' || kind === 'quoted') && INTERNAL.test(text)) throw new SqlRefused(`${text} is not allowed; read from the table birdstrikes alone`);
}

function tokensOf(sql: string): Token[] {
  const tokens: Token[] = [];
  let depth = 0;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < sql.length) {
    const at = TOKEN.lastIndex;
    const groups = TOKEN.exec(sql)?.groups;
    if (!groups) throw new SqlRefused(`a quotation or a comment is not closed: ${sql.slice(at, at + 20)}`);
    const found = (['string', 'quoted', 'word', 'number', 'mark'] as const).find((kind) => groups[kind] !== undefined);
    if (!found) continue;
    const text = groups[found] as string;
    if (found === 'mark' && text === ')') depth--;
    tokens.push({ kind: found, text: found === 'quoted' ? text.slice(1, -1).toLowerCase() : text.toLowerCase(), depth });
    if (found === 'mark' && text === '(') depth++;
  }
  return tokens;
}
