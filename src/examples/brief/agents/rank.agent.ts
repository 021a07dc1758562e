import { type AgentContext, type AgentHandler } from '../../../orchestration/agent.js';
import { Agent } from '../../../orchestration/decorators.js';
import { type Keyword, type Selection } from '../brief.types.js';
import { shortlist } from '../text/importance.js';
import { Readings } from '../text/readings.js';
import { listOf, membersOf, SUMMARY_LENGTH, wholeNumber } from './input.js';

export interface RankInput {
  text: string;
  /** The keywords of the whole text. */
  keywords: Keyword[];
  /** How many sentences the summary is to have. */
  wanted: number;
}

/** Ranks the sentences by importance and starts the selection with the best of them. */
@Agent({ name: 'brief.rank', description: 'Ranks the sentences of a text by importance: {text, keywords, wanted}' })
export class RankAgent implements AgentHandler<RankInput> {
  constructor(private readonly readings: Readings) {}

  async execute(ctx: AgentContext<RankInput>): Promise<Selection> {
    const input = membersOf(ctx.input);
    const keywords = listOf(input.keywords, 'keywords', isKeyword, '{term, score}');
    const wanted = wholeNumber(input.wanted, 'wanted', 1, SUMMARY_LENGTH.most);
    const sentences = await this.readings.of(input.text).sentences(ctx.signal);
    const selection = shortlist(sentences, keywords, wanted);
    ctx.log(`Considering ${selection.candidates.length} of ${sentences.length} sentences`);
    return selection;
  }
}

function isKeyword(value: unknown): value is Keyword {
  const { term, score } = (value ?? {}) as Partial<Keyword>;
  return typeof term === 'string' && typeof score === 'number';
}
