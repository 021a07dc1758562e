import { type AgentContext, type AgentHandler } from '../../../orchestration/agent.js';
import { Agent } from '../../../orchestration/decorators.js';
import { objectOf, textOf } from '../../team/settings.js';
import { type ResearchResult } from '../research.types.js';
import { researchOf } from './input.js';

/** Puts the result together: the report, the findings it is made from, and what each of them rests on. */
@Agent({ name: 'research.report', description: 'Puts report, findings and sources together: {report, research}' })
export class ReportAgent implements AgentHandler {
  execute(ctx: AgentContext): ResearchResult {
    const input = objectOf(ctx.input, 'the input');
    const report = textOf(input['report'], 'report');
    const { findings, model } = researchOf(input['research'], 'research');
    // `[F1]`, and `[F1, F3]` too.
    const cited = new Set([...report.matchAll(/\[((?:F\d+)(?:[\s,;]+F\d+)*)\]/g)].flatMap(([, ids]) => (ids as string).split(/[\s,;]+/)));
    return {
      report,
      findings: findings.map(({ step: _step, ...finding }) => finding),
      sources: findings.map(({ id, step, round, why }) => ({ finding: id, step, model, round, why, cited: cited.has(id) })),
    };
  }
}
