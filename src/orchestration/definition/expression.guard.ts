/**
 * What keeps an expression of a stranger from blocking or filling the process. CEL always ends, but a few nested
 * `all()` over a large output take hours, and `map(x, x + x)` a few times in a row takes all memory. The library
 * bounds the text of an expression, not its work. So every node of the parsed tree counts what it does:
 *
 * - one unit to be evaluated (a fraction of a microsecond), so every turn of `all`, `exists`, `map` and `filter` is counted;
 * - for `==`, `!=` and `in` the parts that are compared, for `+` and for functions the length of what they make, for
 *   text that functions read a part of its length, for `matches()` the text times the size of the pattern, and a lump
 *   for time zones, which are slow.
 *
 * The count depends on the expression and the data alone, so the same context always gives the same answer.
 * `duration()` and `matches()` read patterns by backtracking in the library: the one gets short texts only, the other
 * is done by RE2 here and takes a literal. Lists and maps are of type `dyn` inside, since the library keeps every
 * type it has ever met.
 */
import { type ASTNode } from '@marcbachmann/cel-js';
import { linearPattern } from './linear-pattern.js';

/** Units of work that one evaluation may do. */
const MAX_WORK = 1_000_000;
const MAX_PATTERNS = 16;
const MAX_DURATION_LENGTH = 64;
const CHARACTERS_PER_UNIT = 16;
/** Text times size of the pattern. */
const MATCH_STEPS_PER_UNIT = 25;
const TIME_ZONE_UNITS = 500;

/** The name under which `matches()` runs. */
export const LINEAR_MATCHES = 'matchesLinear';

interface CelType { kind: string }
interface Checker { getType(name: 'list' | 'map'): CelType }
/** The parts of a node that the library calls but does not declare. `evaluate` replaces itself at its first call. */
interface LiveNode {
  check: (this: unknown, checker: Checker, node: unknown, context: unknown) => CelType;
  evaluate: (this: unknown, evaluator: unknown, node: unknown, context: unknown) => unknown;
}
type Observer = (value: unknown) => void;

// Evaluation is synchronous and calls nothing of ours that evaluates again, so there is one count at a time.
let left = 0;

const TOO_COSTLY = new Error('it does too much work; look at fewer items, or compute the answer in an agent');

function spend(units: number): void {
  left -= units;
  if (left < 0) throw TOO_COSTLY;
}

/** Runs an evaluation within the bound. */
export function withinWork<T>(evaluate: () => T): T {
  left = MAX_WORK;
  const value = evaluate();
  // `||` and `exists()` may go on after an error in one of their parts.
  if (left < 0) throw TOO_COSTLY;
  return value;
}

/** `matches()` of an expression that has passed `guard`. */
export function matchesLinear(text: string, pattern: string): boolean {
  const compiled = linearPattern(pattern);
  spend((text.length * compiled.programSize()) / MATCH_STEPS_PER_UNIT);
  return compiled.test(text);
}

/**
 * Makes every node of a freshly parsed expression count. `visit` is told of each node first.
 * @throws Error where the expression asks for what cannot be bounded.
 */
export function guard(root: ASTNode, visit: (node: ASTNode) => void): void {
  let patterns = 0;
  const walk = (node: ASTNode, observe?: Observer) => {
    visit(node);
    instrument(node, observe, ownCost(node));
    if (node.op === 'rcall' && restrictMethod(node.args) && ++patterns > MAX_PATTERNS) throw new Error(`it has more than ${MAX_PATTERNS} matches()`);
    const observers = childCosts(node);
    childNodes(node).forEach((child, i) => walk(child, observers[Math.min(i, observers.length - 1)]));
  };
  walk(root);
}

/** The nodes below one, in the order in which the library keeps them. */
function childNodes(node: ASTNode): ASTNode[] {
  switch (node.op) {
    case 'value':
    case 'id':
      return [];
    case '.':
    case '.?':
      return [node.args[0]];
    case '!_':
    case '-_':
      return [node.args];
    case 'call':
      return node.args[1];
    case 'rcall':
      return [node.args[1], ...node.args[2]];
    case 'map':
      return node.args.flat();
    default:
      return node.args;
  }
}

/** Whether the method is `matches()`, which is made to run under another name. */
function restrictMethod(call: [string, ASTNode, ASTNode[]]): boolean {
  const [name, , [pattern]] = call;
  if (name === 'json') throw new Error('json() is not available; outputs of steps are JSON already');
  if (name !== 'matches' || !pattern) return false;
  if (pattern.op !== 'value' || typeof pattern.args !== 'string') throw new Error('matches() takes its pattern as a literal text');
  linearPattern(pattern.args);
  call[0] = LINEAR_MATCHES;
  return true;
}

function instrument(node: ASTNode, observe: Observer | undefined, own: Observer | undefined): void {
  const live = node as unknown as LiveNode;
  const { check } = live;
  let { evaluate } = live;
  live.check = (checker, self, context) => {
    const type = check.call(node, checker, self, context);
    return type.kind === 'list' || type.kind === 'map' ? checker.getType(type.kind) : type;
  };
  const counted: LiveNode['evaluate'] = (evaluator, self, context) => {
    spend(1);
    const value = evaluate.call(node, evaluator, self, context);
    own?.(value);
    observe?.(value);
    return value;
  };
  Object.defineProperty(live, 'evaluate', { get: () => counted, set: (next: LiveNode['evaluate']) => { evaluate = next; } });
}

/** What the value that a node makes costs. */
function ownCost(node: ASTNode): Observer | undefined {
  if (node.op === 'rcall' && node.args[0].startsWith('get') && node.args[2].length > 0) return () => spend(TIME_ZONE_UNITS);
  return node.op === '+' || node.op === 'call' || node.op === 'rcall' ? (made) => spend(lengthOf(made)) : undefined;
}

/** What the values of a node's children cost it, in their order; the last stands for those after it too. */
function childCosts(node: ASTNode): (Observer | undefined)[] {
  switch (node.op) {
    case '==':
    case '!=':
    case 'in': {
      // The right side is evaluated last.
      let first: unknown;
      const compare = node.op === 'in' ? spendMembership : spendComparison;
      return [(value) => (first = value), (value) => compare(first, value)];
    }
    case 'rcall':
      return [node.args[0] === 'join' ? spendJoin : spendReading];
    case 'call':
      return [node.args[0] === 'duration' ? refuseLongText : spendReading];
    default:
      return [undefined];
  }
}

function lengthOf(value: unknown): number {
  if (typeof value === 'string') return value.length / CHARACTERS_PER_UNIT;
  return Array.isArray(value) || value instanceof Uint8Array ? value.length : 0;
}

/** Functions read texts, and `all()` and its like list the keys of maps. */
function spendReading(value: unknown): void {
  if (typeof value === 'string' || value instanceof Uint8Array) spend(lengthOf(value));
  else if (value instanceof Map) spend(value.size / CHARACTERS_PER_UNIT);
}

function spendJoin(list: unknown): void {
  if (!Array.isArray(list)) return;
  for (const item of list) spend(1 + lengthOf(item));
}

function refuseLongText(value: unknown): void {
  if (typeof value === 'string' && value.length > MAX_DURATION_LENGTH) throw new Error(`duration() takes at most ${MAX_DURATION_LENGTH} characters`);
}

function spendMembership(item: unknown, container: unknown): void {
  if (Array.isArray(container)) for (const candidate of container) spendComparison(item, candidate);
}

/** Walks two values as `==` does. */
function spendComparison(a: unknown, b: unknown): void {
  spend(1);
  if (a === b) return;
  if (Array.isArray(a) && Array.isArray(b)) {
    if (a.length === b.length) a.forEach((item, i) => spendComparison(item, b[i]));
  } else if (a instanceof Map && b instanceof Map) {
    if (a.size === b.size) for (const [key, item] of a) if (b.has(key)) spendComparison(item, b.get(key));
  }
}
