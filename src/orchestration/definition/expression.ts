/**
 * Conditions: CEL over `input` and `steps.<name>.output`. An expression is parsed, type-checked and bounded once, and
 * kept by its text; what it may cost is the matter of `expression.guard.ts`.
 *
 * Numbers compare and calculate across int and double (`input.score > 0.5` holds where score is 1); int by int gives
 * int. A missing key is an error, not null: ask `has(input.x)` first.
 */
import { createRequire } from 'node:module';
import { type ASTNode, type Environment } from '@marcbachmann/cel-js';
import { DEFINITION_LIMITS, type StepContext } from '../../contract/definition.js';
import { StepcastError } from '../../contract/errors.js';
import { cut } from '../../contract/text.js';
import { guard, LINEAR_MATCHES, matchesLinear, withinWork } from './expression.guard.js';
import { celVariables } from './expression.values.js';
import { LruCache } from './lru-cache.js';

export interface CompiledExpression {
  readonly source: string;
  /** Names of the steps whose outputs it reads by name. */
  readonly steps: ReadonlySet<string>;
  /** @throws StepcastError `expression_failed`. */
  evaluate(context: StepContext): boolean;
}

/** Characters of an expression, and of what is wrong with it, that a message repeats. */
const MAX_TOLD = 300;
const LIMITS = { maxAstNodes: 1000, maxDepth: 50, maxListElements: 500, maxMapEntries: 100, maxCallArguments: 8 };

/** Bounded by the characters of the expressions. */
const compiled = new LruCache<CompiledExpression>(128 * 1024);

/** The library remembers every name of a function that it has looked for, known or not: after so many refused characters it starts anew. */
const MAX_REFUSED = 64 * 1024;
let refused = 0;
let environment: Environment | undefined;

const require = createRequire(import.meta.url);

/** The library is loaded for the first expression, and not for each start of the service. */
function createEnvironment(): Environment {
  const { Environment } = require('@marcbachmann/cel-js') as typeof import('@marcbachmann/cel-js');
  const created = new Environment({ homogeneousAggregateLiterals: false, limits: LIMITS })
    .registerVariable('input', 'dyn')
    .registerVariable('steps', 'map')
    .registerFunction(`string.${LINEAR_MATCHES}(string): bool`, matchesLinear, { async: false });
  const operators: Record<string, (a: number, b: number) => number> = {
    '+': (a, b) => a + b, '-': (a, b) => a - b, '*': (a, b) => a * b, '/': (a, b) => a / b,
  };
  for (const [operator, apply] of Object.entries(operators)) {
    const mixed = (a: bigint | number, b: bigint | number) => apply(Number(a), Number(b));
    created.registerOperator(`int ${operator} double: double`, mixed).registerOperator(`double ${operator} int: double`, mixed);
  }
  return created.registerOperator('int == double', (a: bigint, b: number) => Number(a) === b);
}

/** @throws StepcastError `expression_failed`, with the reason, where the expression is not valid. */
export function compileExpression(source: string): CompiledExpression {
  const known = compiled.get(source);
  if (known) return known;
  try {
    const expression = compile(source);
    compiled.set(source, expression);
    return expression;
  } catch (error) {
    if ((refused += source.length) > MAX_REFUSED) forget();
    throw failure(source, 'is not valid', error);
  }
}

/** What is compiled goes too, or it would hold on to the environment it came from. */
function forget(): void {
  refused = 0;
  compiled.clear();
  environment = undefined;
}

/** @throws StepcastError `expression_failed`: not valid, a missing key, a wrong type, too much work, or an answer that is neither true nor false. */
export function evaluateCondition(source: string, context: StepContext): boolean {
  return compileExpression(source).evaluate(context);
}

function compile(source: string): CompiledExpression {
  if (source.length > DEFINITION_LIMITS.expressionLength) throw new Error(`it is longer than ${DEFINITION_LIMITS.expressionLength} characters`);
  environment ??= createEnvironment();
  const parsed = environment.parse(source);
  const steps = new Set<string>();
  guard(parsed.ast, (node) => collectStep(node, steps));
  const { valid, type, error } = parsed.check();
  if (!valid) throw error ?? new Error('it does not type-check');
  if (type !== 'bool' && !type?.startsWith('dyn')) throw new Error(`it gives ${type}, not true or false`);

  const evaluate = (context: StepContext): boolean => {
    let value: unknown;
    try {
      value = withinWork<unknown>(() => parsed(celVariables(context)));
    } catch (error) {
      throw failure(source, 'failed', error);
    }
    if (typeof value !== 'boolean') throw failure(source, 'failed', new Error(`it gave ${describe(value)}, not true or false`));
    return value;
  };
  return { source, steps, evaluate };
}

function collectStep(node: ASTNode, steps: Set<string>): void {
  if (node.op !== '.' && node.op !== '[]') return;
  const [container, key] = node.args;
  const name = memberName(container);
  if (name !== undefined && !(node.op === '.' && key === 'output') && !(typeof key === 'object' && key.op === 'value' && key.args === 'output')) {
    throw new Error(`steps.${name} has the field output and no other; write steps.${name}.output`);
  }
  const step = memberName(node);
  if (step !== undefined) steps.add(step);
}

/** `name` of `steps.name` and `steps["name"]`. */
function memberName(node: ASTNode): string | undefined {
  if (node.op !== '.' && node.op !== '[]') return undefined;
  const [container, key] = node.args;
  if (container.op !== 'id' || container.args !== 'steps') return undefined;
  if (typeof key === 'string') return key;
  return key.op === 'value' && typeof key.args === 'string' ? key.args : undefined;
}

function failure(source: string, what: string, error: unknown): StepcastError {
  return new StepcastError('expression_failed', `the expression \`${cut(source, MAX_TOLD)}\` ${what}: ${cut(reasonOf(error), MAX_TOLD)}`, { cause: error });
}

function reasonOf(error: unknown): string {
  if (error instanceof RangeError) return 'it is nested too deep or makes values that are too large';
  if (!(error instanceof Error)) return String(error);
  const { summary = error.message, range } = error as { summary?: string; range?: { start: number } };
  const reason = summary.replaceAll(LINEAR_MATCHES, 'matches');
  return range ? `${reason} (at character ${range.start + 1})` : reason;
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return 'a text';
  return typeof value === 'bigint' || typeof value === 'number' ? `the number ${value}` : 'a map';
}
