/** Puts the demo model's texts together from patterns and the words of the prompt. */
import { codeFor } from './code.js';
import { PATTERNS, type Section } from './patterns.js';
import { type DemoRequest } from './request.js';
import { type Seeded } from './seeded.js';
import { capital } from './words.js';

/** A text in Markdown; the same request gives the same text. */
export function compose(request: DemoRequest, random: Seeded): string {
  if (request.answers.length > 0) return afterTools(request, random);
  if (request.kind === 'code' || request.kind === 'refinement') return codeFor(request, random);
  const pattern = PATTERNS[request.kind];
  const parts = pattern.sections.map((section) => sectionText(section, request, random));
  // Findings that the prompt has numbered are named, as a reader of the summary would want.
  const named = request.kind === 'summary' ? [...new Set(request.asked.match(/\[[A-Z]\d{1,3}\]/g))] : [];
  if (named.length > 0) parts.push(`This rests on ${named.join(', ')}.`);
  return [...parts, filled(random.pick(pattern.end), request)].join('\n\n');
}

/** A sentence with the words of the request in it. */
export function filled(sentence: string, { topic, subject, keywords: [a = topic, b = topic, c = topic] }: DemoRequest): string {
  const words: Record<string, string> = { topic, subject, a, b, c };
  const text = sentence.replace(/\{(\w+)\}/g, (_all, name: string) => words[name] ?? '');
  return capital(text.replace(/([.?!])”\./g, '$1”'));
}

function sectionText({ heading, lead, points }: Section, request: DemoRequest, random: Seeded): string {
  const lines = [filled(random.pick(lead), request)];
  const list = points ? random.some(points.from, points.count) : [];
  if (list.length > 0) lines.push('', ...list.map((point, i) => `${points?.numbered ? `${i + 1}.` : '-'} ${filled(point, request)}`));
  return `${heading === '' ? '' : `## ${heading}\n\n`}${lines.join('\n')}`;
}

function afterTools(request: DemoRequest, random: Seeded): string {
  const lines = request.answers.map(({ tool, text }) => `- \`${tool}\` answered: ${text.length > 300 ? `${text.slice(0, 300)} …` : text}`);
  return `${filled('For “{subject}” I have looked this up:', request)}\n\n${lines.join('\n')}\n\n${filled(random.pick(PATTERNS.answer.end), request)}`;
}
