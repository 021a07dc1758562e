import { type AgentContext, type AgentHandler } from '../../../orchestration/agent.js';
import { Agent } from '../../../orchestration/decorators.js';
import { type ReadabilityReport } from '../brief.types.js';
import { readabilityOf, sectionReadability } from '../text/readability.js';
import { type SectionReading } from '../text/reading.js';
import { Readings } from '../text/readings.js';
import { membersOf } from './input.js';

/** Measures how hard the text and each section are to read; each section's result comes with its progress. */
@Agent({ name: 'brief.readability', description: 'Measures the Flesch reading ease of a text and of its sections: {text}' })
export class ReadabilityAgent implements AgentHandler<{ text: string }> {
  constructor(private readonly readings: Readings) {}

  async *execute(ctx: AgentContext<{ text: string }>): AsyncGenerator<unknown, ReadabilityReport> {
    const reading = this.readings.of(membersOf(ctx.input).text);
    const sections: SectionReading[] = [];
    for await (const section of reading.sections(ctx.signal)) {
      sections.push(section);
      const { index, title } = section.section;
      yield ctx.progress(sections.length / reading.plan.length, title, { section: index, ...sectionReadability(section) });
    }
    return readabilityOf(sections);
  }
}
