/** What a prompt asks for, as far as its words show it: no understanding is involved, only labels, verbs and counts. */
import { type LanguageModel } from 'ai';
import { bare, phrasesOf } from './words.js';

export type LanguageModelV4 = Extract<LanguageModel, { specificationVersion: 'v4' }>;
export type CallOptions = Parameters<LanguageModelV4['doGenerate']>[0];
type Message = CallOptions['prompt'][number];

export const KINDS = ['plan', 'code', 'refinement', 'review', 'documentation', 'summary', 'research', 'answer'] as const;
export type Kind = (typeof KINDS)[number];

export interface DemoRequest {
  kind: Kind;
  /** The line that says what it is about, as it stands. */
  subject: string;
  /** The same in one or two words, with an article where it has one. */
  topic: string;
  /** Phrases of the prompt, those of the subject first; at least three. */
  keywords: string[];
  /** The last message of the user. */
  asked: string;
  /** Everything, as one text: the seed. */
  whole: string;
  /** What tools have answered since. */
  answers: { tool: string; text: string }[];
}

/** The labels of a line that says what a prompt is about, the most telling first. */
const LABELS = ['topic', 'question', 'task', 'subject', 'request', 'goal'];

/** The words of a role or of a request that tell what is to be done. */
const SIGNS: [Kind, RegExp][] = [
  ['refinement', /\b(refin\w+|revis\w+|rework\w*)\b/i],
  ['review', /\b(review\w*|critic\w*|critique|verdict)\b/i],
  ['summary', /\b(synthes\w+|summar\w+|editor|abstract|report)\b/i],
  ['documentation', /\b(document(?:er|ation)\w*|technical writer|readme|user guide|manual)\b/i],
  ['plan', /\b(architect\w*|plan\w*|outlin\w+|design\w*|roadmap)\b/i],
  ['code', /\b(cod(?:e|er|ing)|programmer|developer|engineer|implement\w*|function|script)\b/i],
  ['research', /\b(research\w*|investigat\w+|evidence|analys[ei]\w*)\b/i],
];

/** Where a prompt has too few words of its own. */
const FALLBACK = ['the conditions', 'the causes', 'the limits'] as const;
const FALLBACK_OF_CODE = ['the input', 'the result', 'the limits'] as const;

export function readRequest(prompt: CallOptions['prompt']): DemoRequest {
  const asker = prompt.findLastIndex(({ role }) => role === 'user');
  const asked = asker < 0 ? '' : textOf(prompt[asker] as Message);
  const role = prompt.filter(({ role }) => role === 'system').map(textOf).join('\n');
  const whole = prompt.map((message) => `${message.role}: ${textOf(message)}`).join('\n');
  const labelled = LABELS.flatMap((label) => labelledBy(label, asked) ?? []);
  const subject = trimmed(labelled[0] ?? firstSentence(asked));
  const own = phrasesOf(subject, 2);
  // Of several phrases the longest says most; of several as long, the first.
  const [topic = 'the request'] = [...own].sort((a, b) => bare(b).split(' ').length - bare(a).split(' ').length);
  // What a prompt quotes beside its labelled lines (a design, findings) is the work of others.
  const around = mostFrequent(phrasesOf(labelled.length > 0 ? labelled.join('\n') : prose(asked), 2));
  const said = new Set(bare(topic).split(' '));
  const keywords = [...new Set([...own, ...around].filter((phrase) => !bare(phrase).split(' ').every((word) => said.has(word))))].slice(0, 6);
  const kind = kindOf(role, asked);
  const fallback = kind === 'answer' || kind === 'research' || kind === 'summary' ? FALLBACK : FALLBACK_OF_CODE;
  for (const word of fallback) if (keywords.length < 3) keywords.push(word);
  return { kind, subject, topic, keywords, asked, whole, answers: prompt.slice(asker + 1).flatMap(answersOf) };
}

function kindOf(role: string, asked: string): Kind {
  // `You are a code reviewer who …`: what somebody is, is said last.
  const title = /\byou are ([^.,:;\n]+)/i.exec(role)?.[1]?.replace(/ (who|that|of|for|in|on|with)\b.*/i, '') ?? '';
  // The line that asks; what a prompt quotes (a design, a code) comes after it.
  const line = asked.trim().split('\n', 1)[0] ?? '';
  return signIn(title, -1) ?? signIn(line, 1) ?? signIn(role, 1) ?? 'answer';
}

/** The kind whose sign comes first in the text, or, with `order` -1, last. */
function signIn(text: string, order: 1 | -1): Kind | undefined {
  const found = SIGNS.map(([kind, sign]) => ({ kind, at: text.search(sign) })).filter(({ at }) => at >= 0);
  return found.sort((a, b) => order * (a.at - b.at))[0]?.kind;
}

/** The rest of a line that begins with `Task:`, plain or in Markdown. */
function labelledBy(label: string, asked: string): string | undefined {
  return new RegExp(`^[ \\t]*(?:#+ *)?(?:\\*\\*)?${label}(?:\\*\\*)?[ \\t]*:[ \\t]*(?:\\*\\*)?[ \\t]*(\\S.*)$`, 'im').exec(asked)?.[1];
}

function firstSentence(asked: string): string {
  return /^.*?(?:[.!?](?=\s)|$)/m.exec(asked.trim())?.[0] ?? '';
}

function trimmed(line: string): string {
  const text = line.trim();
  return text.length > 140 ? `${text.slice(0, 140).replace(/\s+\S*$/, '')} …` : text;
}

/** Without code and markup. */
function prose(text: string): string {
  return text.replace(/```[\s\S]*?(?:```|$)/g, ' ').replace(/<[^>]*>/g, ' ');
}

function mostFrequent(phrases: string[]): string[] {
  const counts = new Map<string, number>();
  for (const phrase of phrases) counts.set(phrase, (counts.get(phrase) ?? 0) + bare(phrase).split(' ').length);
  return [...counts].sort(([, a], [, b]) => b - a).map(([phrase]) => phrase);
}

function textOf(message: Message): string {
  if (typeof message.content === 'string') return message.content;
  return message.content.map((part) => (part.type === 'text' || part.type === 'reasoning' ? part.text : part.type === 'tool-result' ? outputOf(part.output) : '')).join('\n');
}

function answersOf(message: Message): DemoRequest['answers'] {
  if (message.role !== 'tool') return [];
  return message.content.flatMap((part) => (part.type === 'tool-result' ? [{ tool: part.toolName, text: outputOf(part.output) }] : []));
}

type ToolOutput = Extract<Extract<Message, { role: 'tool' }>['content'][number], { type: 'tool-result' }>['output'];

function outputOf(output: ToolOutput): string {
  if (output.type === 'execution-denied') return output.reason ?? 'it was not allowed';
  return typeof output.value === 'string' ? output.value : JSON.stringify(output.value);
}
