/**
 * A value for a JSON Schema, from the words of a prompt: what a model with structured output would give in form. It
 * keeps to types, `enum`, `const`, bounds, `required`, `items`, `$ref` and the choices of `anyOf` and `oneOf`; members
 * that may be left out are given too, but for those that would go on without end. Of a `pattern` it only knows whether
 * a word of the prompt meets it.
 */
import { isObject, type JsonObject, type JsonValue } from '../../contract/json.js';
import { linearPattern } from '../../orchestration/definition/linear-pattern.js';
import { formatted } from './formats.js';
import { type DemoRequest } from './request.js';
import { type Seeded } from './seeded.js';
import { filled } from './composer.js';
import { bare } from './words.js';

type Schema = JsonObject;

const MAX_DEPTH = 12;
/** How deep members that may be left out are still given. */
const GENEROUS_DEPTH = 5;
/** Schemas come from users, and a small one can ask for endless values: what is beyond these bounds is not met. */
const MAX_VALUES = 2000;
const MAX_LENGTH = 10_000;

/** Words of a request that say that the faults found before are mended: a verdict on it is a good one. */
const MENDED = /\b(revised|refined|reworked|addressed|mended|resolved|after the review|earlier (issues|review))\b/i;
/** The work of others stands between tags. */
const QUOTED = /<(\w+)>[\s\S]*?<\/\1>/g;
const APPROVING = /^(is_?)?(approved?|accept(ed|able)?|pass(ed|es)?|ok|valid|correct|success(ful)?|done|complete)$/i;
const COMPLAINING = /^(issues?|errors?|problems?|faults?|warnings?|concerns?|objections?|defects?|violations?)$/i;
const NAMING = /(title|name|topic|label|heading|keyword|tag|term|category|subject)s?$/i;
const ASKING = /(question|query|queries|ask)s?$/i;

/** What may be asked of any subject, and the question for it. */
const ASPECTS = {
  title: ['Causes of {topic}', 'Limits of {topic}', 'Measuring {topic}', 'Costs of {topic}', 'Alternatives to {topic}', 'Effects of {topic}', 'Beginnings of {topic}', 'Risks of {topic}', 'Practice with {topic}', 'Open points on {topic}', 'Conditions for {topic}', 'Examples of {topic}'],
  question: ['What brings about {topic}?', 'Where are the limits of {topic}?', 'How can {topic} be measured?', 'What are the costs of {topic}, and who bears them?', 'What could take the place of {topic}?', 'What follows from {topic}?', 'Where did {topic} begin?', 'What can go wrong with {topic}?', 'What does practice with {topic} show?', 'What is not known of {topic}?', 'Under which conditions is there {topic}?', 'Which examples of {topic} say most?'],
} as const;
const SENTENCES = {
  complaint: ['Nothing checks {a} before it is used.', 'The case without {b} has no test.', 'The message for a wrong {c} does not say what would be right.', 'The limits of {a} stand in the code as bare numbers.', 'The name of {topic} promises more than it does.'],
  statement: ['It turns on {x}, and on the use of {topic}.', 'The rest follows from {x}.', 'Without {x} there is nothing to measure.', 'Most of {topic} can be seen from {x}.', 'The limits of {topic} come from {x}.', 'What is said of {x} holds for the rest too.'],
} as const;

/** @param schema a JSON Schema; what it does not say is free. */
export function instanceOf(schema: JsonValue | undefined, request: DemoRequest, random: Seeded): JsonValue {
  return new Instance(schema ?? true, request, random).value(schema ?? true, '', 0);
}

class Instance {
  /** How many texts of a name have been given. */
  private readonly told = new Map<string, number>();
  private values = 0;
  private lookups = 0;

  constructor(private readonly root: JsonValue, private readonly request: DemoRequest, private readonly random: Seeded) {}

  value(given: JsonValue, name: string, depth: number, siblings: JsonObject = {}): JsonValue {
    if (++this.values > MAX_VALUES || depth > 4 * MAX_DEPTH) return null;
    const schema = this.resolved(given);
    if (schema['const'] !== undefined) return schema['const'];
    const { enum: choices } = schema;
    if (Array.isArray(choices) && choices.length > 0) return this.mentioned(choices) ?? this.random.pick(choices as [JsonValue, ...JsonValue[]]);
    if (Array.isArray(schema['examples']) && schema['examples'].length > 0) return schema['examples'][0] as JsonValue;
    switch (typeOf(schema, depth)) {
      case 'object':
        return this.object(schema, depth);
      case 'array':
        return this.array(schema, name, depth, siblings);
      case 'boolean':
        return this.truth(name);
      case 'integer':
      case 'number':
        return this.number(schema);
      case 'null':
        return null;
      default:
        return this.text(schema, name);
    }
  }

  private object(schema: Schema, depth: number): JsonObject {
    const properties = isObject(schema['properties']) ? schema['properties'] : {};
    const required = new Set(Array.isArray(schema['required']) ? (schema['required'] as string[]) : []);
    const most = numberOr(schema['maxProperties'], Infinity);
    const names = [...new Set([...required, ...Object.keys(properties)])].filter((name, i) => required.has(name) || (depth < GENEROUS_DEPTH && i < most));
    const values: JsonObject = {};
    // Yes and no first: whether there is anything to complain of depends on it.
    const rank = (name: string): number => (typeOf(this.resolved(properties[name] ?? true), depth) === 'boolean' ? 0 : 1);
    for (const name of names.toSorted((a, b) => rank(a) - rank(b))) values[name] = this.value(properties[name] ?? this.more(schema), name, depth + 1, values);
    const object = Object.fromEntries(names.map((name) => [name, values[name] as JsonValue]));
    for (let i = 0; Object.keys(object).length < numberOr(schema['minProperties'], 0) && i < 100; i++) {
      const name = (this.request.keywords[i] ?? `member ${i}`).replaceAll(/\W+/g, '_');
      object[name] = this.value(this.more(schema), name, depth + 1);
    }
    return object;
  }

  private more(schema: Schema): JsonValue {
    return isObject(schema['additionalProperties']) ? schema['additionalProperties'] : { type: 'string' };
  }

  private array(schema: Schema, name: string, depth: number, siblings: JsonObject): JsonValue[] {
    const least = numberOr(schema['minItems'], 0);
    const most = Math.max(least, numberOr(schema['maxItems'], 100));
    const isPraised = COMPLAINING.test(name) && Object.entries(siblings).some(([key, value]) => value === true && APPROVING.test(key));
    const first = Array.isArray(schema['prefixItems']) ? schema['prefixItems'] : Array.isArray(schema['items']) ? schema['items'] : [];
    const wanted = isPraised || depth > MAX_DEPTH ? 0 : (this.counted(name) ?? (first.length || this.random.between(2, 3)));
    const count = Math.min(most, Math.max(least, wanted), MAX_VALUES);
    const rest = schema['items'] === undefined || Array.isArray(schema['items']) ? { type: 'string' } : schema['items'];
    const items: JsonValue[] = [];
    for (let i = 0; i < count; i++) items.push(this.another(first[i] ?? rest, name, depth, schema['uniqueItems'] === true ? items : []));
    return items;
  }

  /** An item that is not among the others. */
  private another(schema: JsonValue, name: string, depth: number, others: readonly JsonValue[]): JsonValue {
    const taken = new Set(others.map((other) => JSON.stringify(other)));
    const { enum: choices } = this.resolved(schema);
    const free = Array.isArray(choices) ? choices.find((choice) => !taken.has(JSON.stringify(choice))) : undefined;
    if (others.length > 0 && free !== undefined) return free;
    let item = this.value(schema, name, depth + 1);
    for (let i = 0; i < 50 && taken.has(JSON.stringify(item)); i++) {
      item = this.value(schema, name, depth + 1);
      if (typeof item === 'number') item += i + 1;
    }
    return item;
  }

  /** How many the prompt asks for: `exactly 4 topics`. */
  private counted(name: string): number | undefined {
    const plural = name.replaceAll(/[^A-Za-z]/g, '');
    const count = plural === '' ? undefined : new RegExp(`\\b(\\d{1,2})\\s+(?:[a-z-]+\\s+){0,2}${plural}\\b`, 'i').exec(this.request.asked)?.[1];
    return count === undefined ? undefined : Number(count);
  }

  private truth(name: string): boolean {
    if (APPROVING.test(name)) return this.request.kind !== 'review' || MENDED.test(this.request.asked.replace(QUOTED, ' '));
    return this.random.next() < 0.5;
  }

  private number(schema: Schema): number {
    const step = numberOr(schema['multipleOf'], typeOf(schema, 0) === 'integer' ? 1 : 0);
    const above = numberOr(schema['exclusiveMinimum'], -Infinity);
    const below = numberOr(schema['exclusiveMaximum'], Infinity);
    const unit = step || 0.01;
    const least = Math.max(numberOr(schema['minimum'], -Infinity), above + (above === -Infinity ? 0 : unit));
    const most = Math.min(numberOr(schema['maximum'], Infinity), below - (below === Infinity ? 0 : unit));
    const from = Number.isFinite(least) ? least : Math.min(1, most - 10);
    const to = Number.isFinite(most) ? most : from + 10;
    const value = from + this.random.next() * Math.max(0, Math.min(to, from + 1e6) - from);
    const rounded = Math.ceil(from / unit) * unit + Math.floor((value - from) / unit) * unit;
    const exact = Number(Math.min(rounded, Math.floor(to / unit + 1e-9) * unit).toFixed(6));
    return step === 0 && (exact < from || exact > to) ? (from + to) / 2 : exact;
  }

  private text(schema: Schema, name: string): string {
    const format = typeof schema['format'] === 'string' ? formatted(schema['format'], this.request, this.random) : undefined;
    if (format !== undefined) return format;
    const { pattern } = schema;
    if (typeof pattern === 'string') return this.matching(pattern);
    const least = Math.min(numberOr(schema['minLength'], 0), MAX_LENGTH);
    const most = numberOr(schema['maxLength'], Infinity);
    let text = this.phrase(name);
    while ([...text].length < least) text = `${text} ${this.request.keywords[this.count('') % this.request.keywords.length]}`;
    const characters = [...text];
    if (characters.length <= most) return text;
    const cut = characters.slice(0, most).join('');
    const atWord = cut.replace(/\s+\S*$/, '');
    return [...atWord].length >= least ? atWord : cut;
  }

  private phrase(name: string): string {
    const { keywords, asked, topic } = this.request;
    if (NAMING.test(name) || ASKING.test(name)) {
      const titles = ASPECTS.title.map((title) => filled(title.replace('{topic}', bare(topic)), this.request));
      // What the prompt has already is not said again.
      const fresh = titles.flatMap((title, i) => (asked.toLowerCase().includes(title.toLowerCase()) ? [] : [i]));
      const i = fresh[this.count(name) % fresh.length] ?? 0;
      return ASKING.test(name) ? filled(ASPECTS.question[i] as string, this.request) : (titles[i] as string);
    }
    const bank = COMPLAINING.test(name) ? SENTENCES.complaint : SENTENCES.statement;
    const count = this.count(name);
    return filled((bank[count % bank.length] as string).replaceAll('{x}', keywords[count % keywords.length] as string), this.request);
  }

  private count(name: string): number {
    const count = this.told.get(name) ?? 0;
    this.told.set(name, count + 1);
    return count;
  }

  private matching(pattern: string): string {
    const { keywords, whole } = this.request;
    const words = whole.slice(0, MAX_LENGTH).match(/\S+/g) ?? [];
    const tried = [...keywords, ...keywords.map((word) => word.replaceAll(/\W+/g, '-')), ...words, 'a', 'A', '1', 'a1', 'A1', '2026', '2026-01-01'];
    try {
      const wanted = linearPattern(pattern);
      return tried.find((word) => wanted.matcher(word).find()) ?? this.phrase('');
    } catch {
      return this.phrase('');
    }
  }

  /** A choice that the prompt names. */
  private mentioned(choices: readonly JsonValue[]): JsonValue | undefined {
    const asked = this.request.asked.toLowerCase();
    const named = choices.filter((choice) => typeof choice === 'string' && choice.length > 2 && asked.includes(choice.toLowerCase()));
    return named.length === 1 ? named[0] : undefined;
  }

  /** The schema itself: references followed, one of several taken, all of several put together. */
  private resolved(given: JsonValue, hops = 0): Schema {
    if (!isObject(given) || hops > 20 || ++this.lookups > 10 * MAX_VALUES) return {};
    const { $ref, allOf, anyOf, oneOf, ...own } = given;
    let schema: Schema = own;
    if (typeof $ref === 'string') schema = merged(this.resolved(this.at($ref), hops + 1), schema);
    for (const part of Array.isArray(allOf) ? allOf : []) schema = merged(schema, this.resolved(part, hops + 1));
    const choices = Array.isArray(anyOf) ? anyOf : Array.isArray(oneOf) ? oneOf : [];
    const useful = choices.find((choice) => !isObject(choice) || choice['type'] !== 'null') ?? choices[0];
    return useful === undefined ? schema : merged(schema, this.resolved(useful, hops + 1));
  }

  private at(reference: string): JsonValue {
    let value: JsonValue | undefined = this.root;
    for (const key of reference.replace(/^#\/?/, '').split('/').filter((part) => part !== '')) {
      const name = decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~');
      value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
    }
    return value ?? true;
  }
}

function typeOf(schema: Schema, depth: number): string {
  const { type } = schema;
  const types = (Array.isArray(type) ? type : [type]).filter((each) => typeof each === 'string');
  // What may be null ends what would go on without end.
  if (depth > MAX_DEPTH && types.includes('null')) return 'null';
  const [first] = types.filter((each) => each !== 'null');
  if (first !== undefined) return first;
  if (types.length > 0) return 'null';
  if (schema['properties'] !== undefined || schema['required'] !== undefined) return 'object';
  if (schema['items'] !== undefined || schema['prefixItems'] !== undefined) return 'array';
  return schema['minimum'] !== undefined || schema['maximum'] !== undefined ? 'number' : 'string';
}

function merged(a: Schema, b: Schema): Schema {
  const both: Schema = { ...a, ...b };
  if (isObject(a['properties']) && isObject(b['properties'])) both['properties'] = { ...a['properties'], ...b['properties'] };
  if (Array.isArray(a['required']) && Array.isArray(b['required'])) both['required'] = [...new Set([...a['required'], ...b['required']])];
  return both;
}

function numberOr(value: JsonValue | undefined, fallback: number): number {
  return typeof value === 'number' ? value : fallback;
}
