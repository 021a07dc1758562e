/**
 * All phrases that are known, with what they can mean: those of the language, the names of columns, and the values of the
 * data set (states, species, airports), whole, by kind (`hawks`, `737`) and by the words that tell them apart (`dallas`).
 */
import { COLUMNS } from '../dataset/columns.js';
import { type Profile } from '../dataset/dataset.js';
import { type Meaning, PHRASES, TIMES } from './meanings.js';
import { phraseOf, wordsOf } from './words.js';

/** Where several columns have a value of that name: the first of these. */
const PRECEDENCE = ['state', 'flight_phase', 'time_of_day', 'species', 'airline', 'airport', 'wildlife_size', 'damage', 'aircraft'];

/** Kinds of animals, by a word in the names of their species. */
const KINDS: readonly (readonly [string, string])[] = [
  ...['hawk', 'gull', 'owl', 'swallow', 'dove', 'sparrow', 'vulture', 'heron', 'crow', 'kestrel', 'plover', 'lark', 'pigeon', 'starling', 'robin', 'deer', 'egret', 'swift', 'blackbird', 'bat', 'meadowlark'].map((kind) => [kind, kind] as const),
  ['goose', 'goose|geese'],
];

/** Words in the names of values that tell nothing apart, or that mean something else. */
const GENERAL = new Set([
  'intl', 'arpt', 'airport', 'airline', 'airway', 'unknown', 'bird', 'small', 'medium', 'large', 'washington', 'metro', 'world', 'cargo', 'city', 'force', 'base', 'great', 'lake', 'king',
  'executive', 'business', 'golden', 'american', 'county', 'express', 'port', 'common', 'short', 'white', 'take', 'owned', 'none', 'dash', 'unkn', 'greater', 'wash', 'line', 'state', 'horned',
  'barn', 'tree', 'rock', 'cliff', 'eared', 'tailed', 'billed', 'eastern', 'western', 'field', 'fort', 'wisconsin',
]);

/** Who asks for one of these means a state, also where the data set has none of it and something else has its name. */
const STATES = [
  'Alabama', 'Alaska', 'Arizona', 'Arkansas', 'California', 'Colorado', 'Connecticut', 'Delaware', 'Florida', 'Georgia', 'Hawaii', 'Idaho', 'Illinois', 'Indiana', 'Iowa', 'Kansas', 'Kentucky', 'Louisiana', 'Maine',
  'Maryland', 'Massachusetts', 'Michigan', 'Minnesota', 'Mississippi', 'Missouri', 'Montana', 'Nebraska', 'Nevada', 'New Hampshire', 'New Jersey', 'New Mexico', 'New York', 'North Carolina', 'North Dakota', 'Ohio',
  'Oklahoma', 'Oregon', 'Pennsylvania', 'Rhode Island', 'South Carolina', 'South Dakota', 'Tennessee', 'Texas', 'Utah', 'Vermont', 'Virginia', 'Washington', 'West Virginia', 'Wisconsin', 'Wyoming',
];

export interface Lexicon {
  /** By the stems of a phrase. */
  meanings: ReadonlyMap<string, readonly Meaning[]>;
  /** Words of the longest phrase. */
  longest: number;
  /** Words as they are spelled, for those who misspell them. */
  spellings: ReadonlySet<string>;
  stems: ReadonlySet<string>;
}

class LexiconBuilder implements Lexicon {
  readonly meanings = new Map<string, Meaning[]>();
  readonly spellings = new Set<string>();
  readonly stems = new Set<string>();
  longest = 1;

  has(phrase: string): boolean {
    return this.meanings.has(phraseOf(phrase));
  }

  /** @param isGuessed Whether other words may be a misspelling of it. */
  add(phrase: string, meaning: Meaning, isGuessed = true): void {
    const words = wordsOf(phrase);
    if (words.length === 0) return;
    this.longest = Math.max(this.longest, words.length);
    for (const { text, stem, kind } of words) {
      this.stems.add(stem);
      if (isGuessed && kind === 'word') this.spellings.add(text);
    }
    const key = words.map(({ stem }) => stem).join(' ');
    this.meanings.set(key, [...(this.meanings.get(key) ?? []), meaning]);
  }
}

export function makeLexicon(profile: Profile): Lexicon {
  const lexicon = new LexiconBuilder();
  for (const { name, words } of COLUMNS) for (const word of words) if (name !== 'flight_date') lexicon.add(word, { is: 'column', column: name });
  for (const word of ['date', 'flight date']) lexicon.add(word, { is: 'time', unit: 'day' });
  for (const [meaning, phrases] of [...PHRASES, ...TIMES]) for (const phrase of phrases.split('|')) lexicon.add(phrase, meaning);
  addKinds(lexicon, profile);
  addModels(lexicon, profile);
  addValues(lexicon, profile);
  addAbsentStates(lexicon, profile);
  addWordsOfValues(lexicon, profile);
  return lexicon;
}

function addKinds(lexicon: LexiconBuilder, { values }: Profile): void {
  for (const [kind, words] of KINDS) {
    const found = (values.get('species') ?? []).filter((name) => new RegExp(`\\b${kind}s?\\b`, 'i').test(name));
    for (const word of words.split('|')) if (found.length > 0) lexicon.add(word, { is: 'values', column: 'species', values: found });
  }
}

/** Aircraft are asked for by their numbers: `737`, `boeing 737`, `md-80`, `dc-9`. */
function addModels(lexicon: LexiconBuilder, { values }: Profile): void {
  const named = (values.get('aircraft') ?? []).flatMap((model) => {
    const [, maker, number] = /^([A-Z]{1,4})-?(\d{1,3})(?!\d)/.exec(model) ?? [];
    if (maker === undefined || number === undefined) return [];
    const jets = number.length === 3 ? { B: [number, `boeing ${number}`], A: [`a${number}`, `airbus ${number}`, `airbus a${number}`] }[maker] : undefined;
    return [`${maker} ${number}`, `${maker}${number}`, ...(jets ?? [])].map((name) => ({ name, model }));
  });
  for (const [name, found] of Map.groupBy(named, (each) => phraseOf(each.name))) {
    if (!lexicon.has(name)) lexicon.add(name, { is: 'values', column: 'aircraft', values: [...new Set(found.map(({ model }) => model))] });
  }
}

/** Values by their whole names. What has another meaning, such as `day`, `none` or `medium`, keeps that one. */
function addValues(lexicon: LexiconBuilder, { values }: Profile): void {
  for (const column of PRECEDENCE) {
    for (const value of values.get(column) ?? []) if (!lexicon.has(value)) lexicon.add(value, { is: 'values', column, values: [value] });
  }
}

function addAbsentStates(lexicon: LexiconBuilder, { values }: Profile): void {
  const all = PRECEDENCE.flatMap((column) => values.get(column) ?? []);
  for (const name of STATES.filter((state) => !lexicon.has(state))) {
    const others = all.filter((value) => wordsOf(value).some(({ stem }) => stem === phraseOf(name)));
    lexicon.add(name, { is: 'absent', name, others }, false);
  }
}

/** Values by one word of their names: all that have it. */
function addWordsOfValues(lexicon: LexiconBuilder, { values }: Profile): void {
  for (const column of PRECEDENCE) {
    const named = (values.get(column) ?? []).flatMap((value) => wordsOf(value).filter(({ kind }) => kind === 'word').map(({ stem }) => ({ stem, value })));
    for (const [stem, found] of Map.groupBy(named, (each) => each.stem)) {
      if (stem.length > 3 && !GENERAL.has(stem) && !lexicon.has(stem)) lexicon.add(stem, { is: 'values', column, values: [...new Set(found.map(({ value }) => value))] });
    }
  }
}
