import { type AgentContext, type AgentHandler } from '../../../orchestration/agent.js';
import { Agent } from '../../../orchestration/decorators.js';
import { type Keywords } from '../brief.types.js';
import { keywordsOf } from '../text/keywords.js';
import { type SectionReading } from '../text/reading.js';
import { Readings } from '../text/readings.js';
import { membersOf } from './input.js';

/** Finds the keywords of the text and of each section. What sets a section apart is known when all have been read. */
@Agent({ name: 'brief.keywords', description: 'Finds the keywords of a text and of its sections by BM25: {text}' })
export class KeywordsAgent implements AgentHandler<{ text: string }> {
  constructor(private readonly readings: Readings) {}

  async *execute(ctx: AgentContext<{ text: string }>): AsyncGenerator<unknown, Keywords> {
    const reading = this.readings.of(membersOf(ctx.input).text);
    const sections: SectionReading[] = [];
    for await (const section of reading.sections(ctx.signal)) {
      sections.push(section);
      yield ctx.progress(sections.length / reading.plan.length, section.section.title);
    }
    return keywordsOf(sections);
  }
}
