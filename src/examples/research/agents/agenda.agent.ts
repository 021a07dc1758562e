import { StepcastError } from '../../../contract/errors.js';
import { type JsonValue } from '../../../contract/json.js';
import { type AgentContext, type AgentHandler } from '../../../orchestration/agent.js';
import { Agent } from '../../../orchestration/decorators.js';
import { listOf, objectOf } from '../../team/settings.js';
import { type Agenda, type Topic } from '../research.types.js';
import { researchOf } from './input.js';

/**
 * Makes a plan into an agenda: no topic twice, none that was researched before, no more than there are researchers. A first
 * plan without any topic is answered by the question itself; a later one ends the rounds.
 */
@Agent({ name: 'research.agenda', description: 'Chooses the topics of a round: {research, topics: [{title, question, why}]}' })
export class AgendaAgent implements AgentHandler {
  execute(ctx: AgentContext): Agenda {
    const input = objectOf(ctx.input, 'the input');
    const research = researchOf(input['research'], 'research');
    const planned = listOf(input['topics'], 'topics').map(topicOf);
    const known = new Set(research.findings.map(keyOf));
    const fresh = planned.filter((topic) => topic.title !== '' && topic.question !== '' && !known.has(keyOf(topic)) && known.add(keyOf(topic)));
    const topics = fresh.slice(0, research.breadth);
    if (topics.length === 0 && research.round === 1) topics.push({ title: 'The question itself', question: research.question, why: 'It was planned as one.' });
    if (fresh.length > topics.length) ctx.log(`Left out ${fresh.length - topics.length} of ${fresh.length} topics: there are ${research.breadth} researchers`);
    if (topics.length === 0) ctx.log('Nothing is left to ask');
    return { ...research, topics };
  }
}

function topicOf(given: JsonValue): Topic {
  const { title, question, why } = objectOf(given, 'a topic');
  if (typeof title !== 'string' || typeof question !== 'string' || typeof why !== 'string') throw new StepcastError('invalid_input', 'a topic must be {title, question, why}, all texts');
  return { title: title.trim(), question: question.trim(), why: why.trim() };
}

function keyOf({ question }: Topic): string {
  return question.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, ' ').trim();
}
