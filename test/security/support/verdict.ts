/** What every answer must be, whatever was sent: documented, foreseen, and refusing in the one form there is for it. */
import { ERROR_CODES, type ErrorCode } from '../../../src/contract/errors.js';
import { type Contract, type Operation } from '../../openapi/support/contract.js';
import { isRefusedByHead, type Reply, type Sent } from './wire.js';

type Answered = NonNullable<Reply>;

/** What only limits answer, which are lifted, and what only a service answers that is not well. */
const NOT_EXPECTED: readonly number[] = [429, 500, 501, 502, 503, 504];
/** Of a trace of the stack, or of a place in a file. */
const TELLS_TOO_MUCH = /\bat [^\n"]* \((file:|node:|\/)|node_modules|\.(ts|js|mjs):\d+:\d+/;

export class Verdict {
  /** How many answers of each status, by operation. */
  readonly counts = new Map<string, Map<number, number>>();

  constructor(private readonly contract: Contract) {}

  /** @throws where the answer is none that the service may give. */
  judge(sent: Sent, reply: Answered): void {
    const { method, target } = sent;
    const { status, headers, text } = reply;
    if (status === 431 && isRefusedByHead(sent)) return this.count('no operation', status);
    const operation = this.operationOf(method, target);
    this.count(operation?.id ?? 'no operation', status);
    if (NOT_EXPECTED.includes(status)) throw new Error(`${status} is never to be expected here: ${text.slice(0, 500)}`);
    if (status >= 400 && method !== 'HEAD') this.assertProblem(reply);
    if (status === 401 && headers['www-authenticate'] === undefined) throw new Error('a 401 does not say how to authenticate');
    if (operation && method === 'HEAD') this.assertDocumented(operation, status);
    else if (operation) this.contract.checkAnswer(operation, { status, headers, text: judged(target, reply) });
    else if (status < 400 && method !== 'OPTIONS' && target.toLowerCase().startsWith('/api/')) throw new Error(`${status} of a route that is not documented: ${text.slice(0, 500)}`);
    if (status >= 400 && TELLS_TOO_MUCH.test(text)) throw new Error(`it tells of the inside: ${text.slice(0, 500)}`);
  }

  /** By how often each status was answered: `200 × 12, 404 × 3`. */
  summary(): string {
    const totals = new Map<number, number>();
    for (const statuses of this.counts.values()) for (const [status, count] of statuses) totals.set(status, (totals.get(status) ?? 0) + count);
    return [...totals].sort(([a], [b]) => a - b).map(([status, count]) => `${status} × ${count}`).join(', ');
  }

  /** Operations that have not done what they are for. */
  unreached(): string[] {
    return this.contract.operations.filter(({ id }) => ![...(this.counts.get(id)?.keys() ?? [])].some((status) => status < 300)).map(({ id }) => id);
  }

  private assertProblem({ status, headers, text, json }: Answered): void {
    if (headers['content-type'] !== 'application/problem+json; charset=utf-8') throw new Error(`${status} comes as ${headers['content-type']} and not as a problem: ${text.slice(0, 500)}`);
    this.contract.assert(json, 'components', 'schemas', 'Problem');
    const { code, status: told } = json as { code: ErrorCode; status: number };
    if (told !== status || ERROR_CODES[code] !== status) throw new Error(`${code}, which is of ${ERROR_CODES[code]}, comes with ${status} and tells of ${told}`);
  }

  private assertDocumented({ id, spec }: Operation, status: number): void {
    if (!(String(status) in spec.responses)) throw new Error(`${status} of ${id} is not documented`);
  }

  /** As Express finds it: in any case, with or without a slash at the end; `HEAD` is a `GET`. Of odd targets nobody can tell. */
  private operationOf(method: string, target: string): Operation | undefined {
    if (!/^\/(?!\/)/.test(target)) return undefined;
    const path = target.split(/[?#]/)[0] as string;
    const matches = this.contract.operations.filter((operation) => operation.method === (method === 'HEAD' ? 'GET' : method) && patternOf(operation.path).test(path));
    return matches.sort((a, b) => a.path.split('{').length - b.path.split('{').length)[0];
  }

  private count(id: string, status: number): void {
    let statuses = this.counts.get(id);
    if (!statuses) this.counts.set(id, (statuses = new Map<number, number>()));
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
}

/** The whole frames of it. What is told in the words of another protocol has tests of its own. */
function judged(target: string, { status, headers, text, whole }: Answered): string {
  if (status === 200 && /[?&]protocol=/.test(target) && /^text\//.test(headers['content-type'] ?? '')) return '';
  return whole ? text : text.slice(0, text.lastIndexOf('\n\n') + 2);
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll(/\{\w+\}/g, '[^/]+')}/?$`, 'i');
}
