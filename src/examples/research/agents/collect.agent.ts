import { StepcastError } from '../../../contract/errors.js';
import { type AgentContext, type AgentHandler } from '../../../orchestration/agent.js';
import { Agent } from '../../../orchestration/decorators.js';
import { listOf, objectOf } from '../../team/settings.js';
import { notesOf } from '../research.notes.js';
import { type Collected, type Finding, type Topic } from '../research.types.js';
import { researchOf } from './input.js';

/** Takes the answers of a round into the findings. A topic whose branch has failed has none, and is told. */
@Agent({ name: 'research.collect', description: 'Takes the answers of a round into the findings: {agenda, answers: {branch_1, …}}' })
export class CollectAgent implements AgentHandler {
  execute(ctx: AgentContext): Collected {
    const input = objectOf(ctx.input, 'the input');
    const research = researchOf(input['agenda'], 'agenda');
    const topics = listOf(objectOf(input['agenda'] ?? null, 'agenda')['topics'], 'agenda.topics') as unknown as Topic[];
    const answers = objectOf(input['answers'] ?? null, 'answers');
    // Of this step's own round: `rounds[1]/round/collect`.
    const round = ctx.stepId.slice(0, ctx.stepId.lastIndexOf('/') + 1);
    const found: Finding[] = [];
    topics.forEach((topic, i) => {
      const n = i + 1;
      const answer = answers[`branch_${n}`];
      if (typeof answer === 'string' && answer.trim() !== '') {
        found.push({ id: `F${research.findings.length + found.length + 1}`, round: research.round, ...topic, step: `${round}gather/branch_${n}/topic_${n}/researcher_${n}`, answer });
      } else {
        ctx.log(`There is no answer on "${topic.title}"`, 'warn', 'no_answer');
      }
    });
    const findings = [...research.findings, ...found];
    if (findings.length === 0) throw new StepcastError('model_failed', 'no researcher has answered; the failed steps say why');
    return { ...research, findings, notes: notesOf(findings), done: research.round >= research.depth || topics.length === 0 };
  }
}
