/**
 * `{{path}}` in the strings of a step's input. A string that is exactly one `{{path}}` becomes the value itself, with
 * its type; inside a longer string, text is put in as it is and any other value as JSON. `\{{` is a literal `{{`.
 *
 * Paths: `input`, `previous` and `steps.<name>.output`, each followed by any of `.key`, `[0]`, `.0` and `["any key"]`.
 * They reach own members only. There are no filters, no nesting and no templates in the keys of objects.
 */
import { type StepContext } from '../../contract/definition.js';
import { type Fault, StepcastError } from '../../contract/errors.js';
import { type JsonValue, memberPath } from '../../contract/json.js';
import { cut } from '../../contract/text.js';
import { LruCache } from './lru-cache.js';

/** Characters that the templates of one input may fill in: `{{input}}` a thousand times is small, what it stands for is not. */
export const MAX_FILLED_LENGTH = 8 * 1024 * 1024;
/** Characters of a template that a message repeats. */
const MAX_TOLD = 120;

const PATH = /\{\{\s*(input|previous|steps\.([A-Za-z_]\w*)\.output)((?:\.[\p{L}\p{N}_$-]+|\[\d+\]|\["(?:[^"\\]|\\.)*"\])*)\s*\}\}/uy;
const SEGMENT = /\.([\p{L}\p{N}_$-]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/gu;

interface Path {
  /** As it is written, without the braces. */
  text: string;
  root: 'input' | 'previous' | 'steps';
  step?: string;
  keys: string[];
}
/** What one filling may still put in, and the size of each object that it has put in. */
interface Filling {
  context: StepContext;
  left: number;
  sizes: Map<object, number | undefined>;
}
type Filler = (filling: Filling) => JsonValue;

/** `undefined` where a value has no template: it stands for itself. */
const objects = new WeakMap<object, { filler: Filler | undefined }>();
const strings = new LruCache<{ filler: Filler | undefined }>(512 * 1024);

/**
 * Fills the templates of a value, which is compiled once: don't change it afterwards. Without any template it is
 * returned as it is; with templates, parts of it and of the context are in the result. Who changes it copies it first.
 * @throws StepcastError `expression_failed`: a malformed template, a path that leads nowhere, too large a result.
 */
export function resolveTemplate(value: JsonValue, context: StepContext): JsonValue {
  const filler = cached(value);
  return filler ? filler({ context, left: MAX_FILLED_LENGTH, sizes: new Map() }) : value;
}

/** The same for a text that stays one: a `{{path}}` alone is put in as JSON too, where it is no text. */
export function resolveText(text: string, context: StepContext): string {
  const value = resolveTemplate(text, context);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What is wrong with the templates of a value: malformed ones, and paths to steps that `hasStep` does not know. */
export function templateFaults(value: JsonValue, path: string, hasStep: (name: string) => boolean): Fault[] {
  if (value !== null && typeof value === 'object') {
    return Object.entries(value).flatMap(([key, member]) => templateFaults(member, memberPath(path, key), hasStep));
  }
  if (typeof value !== 'string' || !value.includes('{{')) return [];
  try {
    const unknown = parse(value).filter((part) => typeof part === 'object' && part.step !== undefined && !hasStep(part.step)) as Path[];
    return unknown.map(({ text, step }) => ({ path, message: `{{${text}}} names the step "${step}", which is not in this workflow` }));
  } catch (error) {
    return [{ path, message: (error as Error).message }];
  }
}

function cached(value: JsonValue): Filler | undefined {
  if (typeof value === 'string') {
    if (!value.includes('{{')) return undefined;
    let entry = strings.get(value);
    if (!entry) strings.set(value, (entry = { filler: compile(value) }));
    return entry.filler;
  }
  if (value === null || typeof value !== 'object') return undefined;
  let entry = objects.get(value);
  if (!entry) objects.set(value, (entry = { filler: compile(value) }));
  return entry.filler;
}

function compile(value: JsonValue): Filler | undefined {
  if (typeof value === 'string') return value.includes('{{') ? compileText(value) : undefined;
  if (value === null || typeof value !== 'object') return undefined;
  if (Array.isArray(value)) {
    const fillers = value.map(compile);
    if (!fillers.some(Boolean)) return undefined;
    return (filling) => value.map((item, i) => {
      const filler = fillers[i];
      return filler ? filler(filling) : item;
    });
  }
  const members = Object.entries(value).map(([key, member]) => [key, member, compile(member)] as const);
  if (!members.some(([, , filler]) => filler)) return undefined;
  // fromEntries defines members, so that one called `__proto__` stays a member.
  return (filling) => Object.fromEntries(members.map(([key, member, filler]) => [key, filler ? filler(filling) : member]));
}

function compileText(text: string): Filler {
  const parts = parse(text);
  const [only] = parts;
  if (parts.length === 1 && typeof only === 'object') return (filling) => take(filling, text, only);
  return (filling) => parts.map((part) => (typeof part === 'string' ? part : asText(take(filling, text, part)))).join('');
}

/** @throws StepcastError */
function parse(text: string): (string | Path)[] {
  const parts: (string | Path)[] = [];
  let literal = '';
  let from = 0;
  for (let at = text.indexOf('{{'); at !== -1; at = text.indexOf('{{', from)) {
    if (text[at - 1] === '\\' && at > from) {
      literal += `${text.slice(from, at - 1)}{{`;
      from = at + 2;
      continue;
    }
    PATH.lastIndex = at;
    const match = PATH.exec(text);
    if (!match) {
      throw new StepcastError('expression_failed', `${cut(text.slice(at), MAX_TOLD)} is no template; write {{input.x}}, {{steps.name.output}} or {{previous}}, or \\{{ for two braces`);
    }
    literal += text.slice(from, at);
    if (literal !== '') parts.push(literal);
    literal = '';
    parts.push(toPath(match));
    from = at + match[0].length;
  }
  literal += text.slice(from);
  if (literal !== '' || parts.length === 0) parts.push(literal);
  return parts;
}

function toPath([all, root = '', step, rest = '']: RegExpExecArray): Path {
  const keys = [...rest.matchAll(SEGMENT)].map(([segment, key, index, quoted]) => {
    if (quoted === undefined) return key ?? index ?? '';
    try {
      return JSON.parse(quoted) as string;
    } catch {
      throw new StepcastError('expression_failed', `${cut(segment, MAX_TOLD)} in ${cut(all, MAX_TOLD)} is no JSON string`);
    }
  });
  const path: Path = { text: all.slice(2, -2).trim(), root: step === undefined ? (root as 'input' | 'previous') : 'steps', keys };
  if (step !== undefined) path.step = step;
  return path;
}

function take(filling: Filling, template: string, path: Path): JsonValue {
  const value = lookUp(filling.context, path);
  if (value === undefined) {
    throw new StepcastError('expression_failed', `the template ${cut(template, MAX_TOLD)} failed: {{${cut(path.text, MAX_TOLD)}}} leads nowhere; check the output it names, or give it a value`);
  }
  filling.left -= sizeOf(value, filling.sizes);
  if (filling.left < 0) {
    throw new StepcastError('expression_failed', `the template ${cut(template, MAX_TOLD)} failed: the input is filled with more than ${MAX_FILLED_LENGTH} characters; pass a smaller part of the outputs`);
  }
  return value;
}

function lookUp({ input, previous, results }: StepContext, { root, step, keys }: Path): JsonValue | undefined {
  let value: JsonValue | undefined = root === 'input' ? input : previous;
  if (step !== undefined) value = Object.hasOwn(results, step) ? results[step] : undefined;
  for (const key of keys) {
    if (value === undefined || value === null || typeof value !== 'object') return undefined;
    if (Array.isArray(value)) value = /^\d+$/.test(key) ? value[Number(key)] : undefined;
    else value = Object.hasOwn(value, key) ? value[key] : undefined;
  }
  return value;
}

function sizeOf(value: JsonValue, sizes: Map<object, number | undefined>): number {
  if (typeof value === 'string') return value.length;
  if (value === null || typeof value !== 'object') return 8;
  // The first is free: one alone adds nothing to what is there already, and is the common case.
  if (sizes.size === 0) {
    sizes.set(value, undefined);
    return 0;
  }
  const size = sizes.get(value) ?? JSON.stringify(value).length;
  sizes.set(value, size);
  return size;
}

function asText(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
