import { type AgentContext, type AgentHandler } from '../../../orchestration/agent.js';
import { Agent } from '../../../orchestration/decorators.js';
import { type Selection } from '../brief.types.js';
import { membersOf, SUMMARY_LENGTH, wholeNumber } from './input.js';

/** The selection where there is nothing to choose: the text has no more sentences than are wanted, so all are picked. */
@Agent({ name: 'brief.keep', description: 'Keeps every sentence of a short text: {sentences, wanted}' })
export class KeepAgent implements AgentHandler<{ sentences: number; wanted: number }> {
  execute(ctx: AgentContext<{ sentences: number; wanted: number }>): Selection {
    const input = membersOf(ctx.input);
    const sentences = wholeNumber(input.sentences, 'sentences', 0, SUMMARY_LENGTH.most);
    return { wanted: wholeNumber(input.wanted, 'wanted', 1, SUMMARY_LENGTH.most), picked: Array.from({ length: sentences }, (_, i) => i), candidates: [] };
  }
}
