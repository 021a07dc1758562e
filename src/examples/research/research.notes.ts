/** Findings and topics as text, for the prompts of those who build on them. */
import { type Finding, type Research } from './research.types.js';

export function notesOf(findings: readonly Finding[]): string {
  return findings.map(({ id, title, question, answer }) => `[${id}] ${title}: ${question}\n\n${answer.trim()}`).join('\n\n---\n\n');
}

/** What the planner is asked before round `round`. */
export function askOf({ question, breadth, depth, findings }: Research, round: number): string {
  const topics = `${breadth} ${breadth === 1 ? 'topic' : 'topics'}`;
  if (round === 1) return `Plan the research of this question. Name exactly ${topics}.\n\nQuestion: ${question}`;
  const last = round === depth ? ' This is the last round.' : '';
  return `Plan round ${round} of ${depth} of this research, from what has been found. Name at most ${topics}.${last}\n\nQuestion: ${question}\n\n<findings>\n${notesOf(findings)}\n</findings>`;
}
