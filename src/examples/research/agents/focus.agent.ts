import { type AgentContext, type AgentHandler } from '../../../orchestration/agent.js';
import { Agent } from '../../../orchestration/decorators.js';
import { askOf } from '../research.notes.js';
import { type Focus } from '../research.types.js';
import { researchOf } from './input.js';

/** Begins a round: what the planner is to be asked, with what has been found so far. */
@Agent({ name: 'research.focus', description: 'Begins a round of research: {question, breadth, depth, model, round, findings}' })
export class FocusAgent implements AgentHandler {
  execute(ctx: AgentContext): Focus {
    const before = researchOf(ctx.input, 'the input');
    const round = before.round + 1;
    ctx.log(`Round ${round} of at most ${before.depth}`);
    return { ...before, round, ask: askOf(before, round) };
  }
}
