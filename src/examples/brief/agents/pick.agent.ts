import { type AgentContext, type AgentHandler } from '../../../orchestration/agent.js';
import { Agent } from '../../../orchestration/decorators.js';
import { type Candidate, type Selection } from '../brief.types.js';
import { pickNext } from '../text/selection.js';
import { listOf, membersOf, SUMMARY_LENGTH, wholeNumber } from './input.js';

/**
 * One round of the selection. It is given the state that the round before it returned, or `brief.rank` before the
 * first, and returns the next: nothing is kept in the process, so a crash between two rounds loses neither.
 */
@Agent({ name: 'brief.pick', description: 'Picks the next sentence for a summary: {wanted, picked, candidates}' })
export class PickAgent implements AgentHandler<Selection> {
  execute(ctx: AgentContext<Selection>): Selection {
    const input = membersOf(ctx.input);
    const state: Selection = {
      wanted: wholeNumber(input.wanted, 'wanted', 1, SUMMARY_LENGTH.most),
      picked: listOf(input.picked, 'picked', Number.isInteger as (value: unknown) => value is number, 'whole numbers'),
      candidates: listOf(input.candidates, 'candidates', isCandidate, '{index, section, importance, redundancy, heard, terms}'),
    };
    const next = pickNext(state);
    const picked = state.candidates.find(({ index }) => index === next.picked.at(-1));
    ctx.log(
      next.picked.length > state.picked.length && picked
        ? `Picked sentence ${picked.index} of section ${picked.section}: importance ${picked.importance}, redundancy ${picked.redundancy}`
        : 'No sentence is left that adds anything',
    );
    ctx.progress(1, `${next.picked.length} of ${next.wanted}`);
    return next;
  }
}

function isCandidate(value: unknown): value is Candidate {
  const candidate = (value ?? {}) as Partial<Candidate>;
  const numbers = [candidate.index, candidate.section, candidate.importance, candidate.redundancy, candidate.heard];
  return numbers.every((number) => typeof number === 'number') && Array.isArray(candidate.terms);
}
