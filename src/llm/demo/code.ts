/** Sketches of code: they compile and run, take the names of the prompt, and say of themselves that they are sketches. */
import { type DemoRequest } from './request.js';
import { type Seeded } from './seeded.js';

interface Names {
  /** Words of the subject, such as `rate limiter`. */
  topic: string;
  fields: string[];
}
interface Language {
  fence: string;
  isNamed: RegExp;
  write(names: Names, subject: string, isRevised: boolean): string;
}

const NOTE = 'A sketch by demo/writer, which is no language model.';

const LANGUAGES: readonly [Language, ...Language[]] = [
  { fence: 'typescript', isNamed: /\b(typescript|ts)\b/i, write: typescript },
  { fence: 'javascript', isNamed: /\b(javascript|js|node)\b/i, write: javascript },
  { fence: 'python', isNamed: /\bpython\b/i, write: python },
];

const LEADS: [string, ...string[]] = [
  'The smallest version that runs, with the edge checked first:', 'One function, one type, no dependencies:', 'This covers the ordinary case and the refusal:',
];
const REVISED_LEADS: [string, ...string[]] = ['The points of the review are worked in: the input is checked, and the message names the remedy.', 'Reworked after the review; every value is checked before it is used:'];

export function codeFor({ kind, subject, topic, keywords, asked }: DemoRequest, random: Seeded): string {
  const wanted = /^\s*language\s*:\s*(.+)$/im.exec(asked)?.[1] ?? asked;
  const language = LANGUAGES.find(({ isNamed }) => isNamed.test(wanted)) ?? LANGUAGES[0];
  const names: Names = { topic, fields: fieldsOf(keywords) };
  const isRevised = kind === 'refinement';
  return `${random.pick(isRevised ? REVISED_LEADS : LEADS)}\n\n\`\`\`${language.fence}\n${language.write(names, subject, isRevised)}\n\`\`\``;
}

/** Three names that differ in every language. */
function fieldsOf(keywords: readonly string[]): string[] {
  const byName = new Map(keywords.slice(0, 3).map((phrase) => wordsOf(phrase).slice(0, 2).join(' ')).map((phrase) => [snake(phrase), phrase]));
  return [...byName.values()];
}

function typescript({ topic, fields }: Names, subject: string, isRevised: boolean): string {
  const type = `${pascal(topic)}Input`;
  return [
    `/** ${NOTE} For: ${commented(subject)} */`,
    `export interface ${type} {`, ...fields.map((field) => `  ${camel(field)}: string;`), '}', '',
    `export function ${camel(topic)}(input: ${type}): string[] {`, ...body(isRevised), '}',
  ].join('\n');
}

function javascript({ topic, fields }: Names, subject: string, isRevised: boolean): string {
  return [`/** ${NOTE} For: ${commented(subject)}`, ` *  Takes {${fields.map(camel).join(', ')}}. */`, `export function ${camel(topic)}(input) {`, ...body(isRevised), '}'].join('\n');
}

function body(isRevised: boolean): string[] {
  const check = isRevised ? ['    if (String(value).trim() === \'\') throw new Error(`${name} is empty; give it a value`);'] : [];
  return ['  return Object.entries(input).map(([name, value]) => {', ...check, '    return `${name}: ${value}`;', '  });'];
}

function python({ topic, fields }: Names, subject: string, isRevised: boolean): string {
  const names = fields.map(snake);
  const check = isRevised ? ['        if not value.strip():', '            raise ValueError(f"{name} is empty; give it a value")'] : [];
  return [
    `def ${snake(topic)}(${names.map((name) => `${name}: str`).join(', ')}) -> list[str]:`, `    """${NOTE} For: ${subject.replaceAll('"', "'").replaceAll('\\', '/')}"""`,
    '    lines = []', `    for name, value in {${names.map((name) => `"${name}": ${name}`).join(', ')}}.items():`, ...check, '        lines.append(f"{name}: {value}")', '    return lines',
  ].join('\n');
}

function wordsOf(phrase: string): string[] {
  const words = phrase.normalize('NFKD').replace(/\p{M}/gu, '').match(/[A-Za-z][A-Za-z0-9]*/g)?.map((word) => word.toLowerCase()) ?? [];
  return words.filter((word) => word !== 'the');
}

function camel(phrase: string): string {
  const name = wordsOf(phrase).map((word, i) => (i === 0 ? word : word.slice(0, 1).toUpperCase() + word.slice(1))).join('');
  return reserved(name);
}

function pascal(phrase: string): string {
  return wordsOf(phrase).map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join('') || 'Sketch';
}

function snake(phrase: string): string {
  return reserved(wordsOf(phrase).join('_'));
}

/** Words that one of the languages keeps for itself, and no word at all, get a name that is free. */
function reserved(name: string): string {
  const taken = /^(abstract|and|arguments|as|assert|async|await|boolean|break|case|catch|class|const|continue|def|default|del|delete|do|elif|else|enum|eval|except|export|extends|false|finally|for|from|function|global|if|implements|import|in|input|instanceof|interface|is|lambda|let|lines|name|new|nonlocal|not|null|number|object|or|package|pass|private|protected|public|raise|return|static|string|super|switch|this|throw|true|try|type|typeof|value|var|void|while|with|yield)$/;
  if (name === '') return 'sketch';
  return taken.test(name) ? `${name}Value` : name;
}

function commented(text: string): string {
  return text.replaceAll('*/', '* /');
}
