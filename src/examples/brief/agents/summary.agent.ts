import { StepcastError } from '../../../contract/errors.js';
import { type AgentContext, type AgentHandler } from '../../../orchestration/agent.js';
import { Agent } from '../../../orchestration/decorators.js';
import { type BriefResult, type Keywords, type Plan, type ReadabilityReport, type SentimentReport, type SummarySentence } from '../brief.types.js';
import { oneLine } from '../text/paragraphs.js';
import { Readings } from '../text/readings.js';
import { listOf, membersOf } from './input.js';

export interface SummaryInput {
  text: string;
  /** Places of the sentences. */
  picked: number[];
  plan: Plan;
  analysis: { keywords: Keywords; readability: ReadabilityReport; sentiment: SentimentReport };
}

/** Streams the picked sentences in the order of the text, one piece a sentence, and puts the brief together. */
@Agent({ name: 'brief.summary', description: 'Streams the picked sentences of a text: {text, picked, plan, analysis}' })
export class SummaryAgent implements AgentHandler<SummaryInput> {
  constructor(private readonly readings: Readings) {}

  async *execute(ctx: AgentContext<SummaryInput>): AsyncGenerator<unknown, BriefResult> {
    const input = membersOf(ctx.input);
    const reading = this.readings.of(input.text);
    const all = await reading.sentences(ctx.signal);
    const isPlace = (value: unknown): value is number => Number.isInteger(value) && all[value as number] !== undefined;
    const picked = listOf(input.picked, 'picked', isPlace, `places of sentences, from 0 to ${all.length - 1}`);
    const { plan, analysis } = ctx.input;
    if (!plan?.sections || !analysis?.keywords || !analysis.readability || !analysis.sentiment) {
      throw new StepcastError('invalid_input', 'plan and analysis must be the outputs of brief.plan and of the analyses');
    }
    const sentences: SummarySentence[] = [];
    for (const index of [...picked].sort((a, b) => a - b)) {
      const { start, end, section } = all[index] as (typeof all)[number];
      const sentence = oneLine(reading.text.slice(start, end));
      yield ctx.text(sentences.length === 0 ? sentence : ` ${sentence}`);
      sentences.push({ text: sentence, section, index });
      yield ctx.progress(sentences.length / picked.length, `${sentences.length} of ${picked.length} sentences`);
    }
    return {
      summary: sentences.map((sentence) => sentence.text).join(' '),
      sentences,
      keywords: analysis.keywords.overall,
      readability: analysis.readability.overall,
      sentiment: analysis.sentiment.overall,
      words: plan.words,
      sections: plan.sections.map(({ title, words, sentences: count }, i) => ({
        title,
        words,
        sentences: count,
        keywords: analysis.keywords.sections[i]?.terms ?? [],
        ease: analysis.readability.sections[i]?.ease ?? null,
        mood: analysis.sentiment.sections[i]?.mood ?? 'neutral',
      })),
    };
  }
}
