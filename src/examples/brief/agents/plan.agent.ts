import { type AgentContext, type AgentHandler } from '../../../orchestration/agent.js';
import { Agent } from '../../../orchestration/decorators.js';
import { type BriefInput, type Plan, type PlannedSection } from '../brief.types.js';
import { Readings } from '../text/readings.js';
import { membersOf, SUMMARY_LENGTH, wholeNumber } from './input.js';

/** Parts the text into sections and counts what is in them. */
@Agent({ name: 'brief.plan', description: 'Parts a text into sections by its headings and paragraphs: {text, sentences?}' })
export class PlanAgent implements AgentHandler<BriefInput> {
  constructor(private readonly readings: Readings) {}

  async *execute(ctx: AgentContext<BriefInput>): AsyncGenerator<unknown, Plan> {
    const input = membersOf(ctx.input);
    const wanted = wholeNumber(input.sentences ?? SUMMARY_LENGTH.default, 'sentences', 1, SUMMARY_LENGTH.most);
    const reading = this.readings.of(input.text);
    const sections: PlannedSection[] = [];
    for await (const { section, sentences, words } of reading.sections(ctx.signal)) {
      sections.push({ ...section, words, sentences: sentences.length });
      yield ctx.progress(sections.length / reading.plan.length, section.title);
    }
    const plan: Plan = {
      sections,
      words: sections.reduce((sum, section) => sum + section.words, 0),
      sentences: sections.reduce((sum, section) => sum + section.sentences, 0),
      wanted,
    };
    yield ctx.log(`${plan.words} words, ${plan.sentences} sentences, ${sections.length} sections`);
    return plan;
  }
}
