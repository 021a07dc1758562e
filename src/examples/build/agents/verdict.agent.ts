import { StepcastError } from '../../../contract/errors.js';
import { type JsonValue } from '../../../contract/json.js';
import { type AgentContext, type AgentHandler } from '../../../orchestration/agent.js';
import { Agent } from '../../../orchestration/decorators.js';
import { listOf, objectOf, textOf, wholeOf } from '../../team/settings.js';
import { type Review, type Work } from '../build.types.js';
import { MAX_ROUNDS } from './settings.agent.js';

/** Takes the reviewer's verdict into the work: whether there is another round, and what that one is to know. */
@Agent({ name: 'build.verdict', description: 'Takes a review into the work: {work, code, review: {approved, issues}, maxRounds}' })
export class VerdictAgent implements AgentHandler {
  execute(ctx: AgentContext): Work {
    const input = objectOf(ctx.input, 'the input');
    const before = objectOf(input['work'] ?? null, 'work');
    const maxRounds = wholeOf(input['maxRounds'], 'maxRounds', 1, MAX_ROUNDS.most);
    const round = wholeOf(before['round'], 'work.round', 0, MAX_ROUNDS.most) + 1;
    const { approved, issues } = reviewOf(input['review'] ?? null);
    const isLast = round > maxRounds;
    if (approved) ctx.log(round === 1 ? 'The reviewer has approved the draft' : `The reviewer has approved after ${round - 1} ${round === 2 ? 'refinement' : 'refinements'}`, 'info', 'approved');
    else ctx.log(`The reviewer asks for ${issues.length} ${issues.length === 1 ? 'change' : 'changes'}${isLast ? ', and no refinement is left' : ''}`, isLast ? 'warn' : 'info', 'not_approved');
    const list = listed(issues, approved);
    return {
      round,
      code: textOf(input['code'], 'code'),
      approved,
      issues,
      list,
      history: `This is a revised version, after review ${round}. That review has found:\n${list}`,
      reviews: [...(listOf(before['reviews'], 'work.reviews') as unknown as Work['reviews']), { round, approved, issues }],
      done: approved || isLast,
    };
  }
}

/** @throws StepcastError `invalid_input` */
function reviewOf(given: JsonValue): Review {
  const { approved, issues } = objectOf(given, 'review');
  if (typeof approved === 'boolean' && Array.isArray(issues) && issues.every((issue) => typeof issue === 'string')) return { approved, issues };
  throw new StepcastError('invalid_input', 'review must be {approved: boolean, issues: string[]}');
}

function listed(issues: readonly string[], approved: boolean): string {
  if (issues.length > 0) return issues.map((issue, i) => `${i + 1}. ${issue}`).join('\n');
  return approved ? 'none' : 'It was not approved, and no issue was named: check the code against the task and the design.';
}
