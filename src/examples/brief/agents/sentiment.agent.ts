import { type AgentContext, type AgentHandler } from '../../../orchestration/agent.js';
import { Agent } from '../../../orchestration/decorators.js';
import { type SentimentReport } from '../brief.types.js';
import { type SectionReading } from '../text/reading.js';
import { Readings } from '../text/readings.js';
import { sentiment, sentimentOf } from '../text/sentiment.js';
import { membersOf } from './input.js';

/** Measures the sentiment of the text and of each section; each section's result comes with its progress. */
@Agent({ name: 'brief.sentiment', description: 'Measures the sentiment of a text and of its sections by lexicon: {text}' })
export class SentimentAgent implements AgentHandler<{ text: string }> {
  constructor(private readonly readings: Readings) {}

  async *execute(ctx: AgentContext<{ text: string }>): AsyncGenerator<unknown, SentimentReport> {
    const reading = this.readings.of(membersOf(ctx.input).text);
    const sections: SectionReading[] = [];
    for await (const section of reading.sections(ctx.signal)) {
      sections.push(section);
      const { index, title } = section.section;
      yield ctx.progress(sections.length / reading.plan.length, title, { section: index, ...sentiment(section.sentences) });
    }
    return sentimentOf(sections);
  }
}
