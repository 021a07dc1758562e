/**
 * Readings: each text is read once, section by section, however many steps need it. A reading can always be made
 * again from the text, so keeping some of them is a matter of speed alone: a step that runs after a crash, in another
 * process, finds none and reads for itself.
 */
import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { StepcastError } from '../../../contract/errors.js';
import { type Section } from '../brief.types.js';
import { English } from './english.js';
import { paragraphBreak } from './paragraphs.js';
import { readSection, type SectionReading, type SentenceReading } from './reading.js';
import { planSections } from './sections.js';

/** In characters, as JSON Schema counts them. */
export const TEXT_LIMIT = 500_000;
/** How many texts, and how many UTF-16 units of text in all, are kept read. */
const KEPT = { texts: 16, units: 1_000_000 };

/** A text and what has been read of it so far. */
export class Reading {
  readonly plan: readonly Section[];
  private readonly needed: 1 | 2;
  private readonly read: SectionReading[] = [];

  constructor(
    private readonly english: English,
    readonly text: string,
  ) {
    this.plan = planSections(text);
    this.needed = paragraphBreak(text);
  }

  /**
   * The sections, in order. Before each the event loop gets a turn, so that a long text holds nobody up.
   *
   * @throws the signal's reason, as an `AbortError`, when it aborts.
   */
  async *sections(signal: AbortSignal): AsyncGenerator<SectionReading, void> {
    for (const section of this.plan) {
      await nextTurn(undefined, { signal });
      yield (this.read[section.index] ??= readSection(this.english, this.text, section, this.needed));
    }
  }

  /** All sentences, with the section each is in. A sentence's place in the list is its number. */
  async sentences(signal: AbortSignal): Promise<(SentenceReading & { section: number })[]> {
    const all: (SentenceReading & { section: number })[] = [];
    for await (const { section, sentences } of this.sections(signal)) {
      for (const sentence of sentences) all.push({ ...sentence, section: section.index });
    }
    return all;
  }
}

@Injectable()
export class Readings {
  /** By digest of the text; the one used last is last. */
  private readonly kept = new Map<string, Reading>();

  constructor(private readonly english: English) {}

  /** @throws StepcastError `invalid_input` where `text` is no text that can be read. */
  of(text: unknown): Reading {
    assertText(text);
    const key = createHash('sha256').update(text).digest('base64');
    const reading = this.kept.get(key) ?? new Reading(this.english, text);
    this.kept.delete(key);
    this.kept.set(key, reading);
    this.trim();
    return reading;
  }

  private trim(): void {
    let units = 0;
    for (const { text } of this.kept.values()) units += text.length;
    for (const [key, { text }] of this.kept) {
      if (this.kept.size <= KEPT.texts && units <= KEPT.units) return;
      this.kept.delete(key);
      units -= text.length;
    }
  }
}

function assertText(text: unknown): asserts text is string {
  if (typeof text !== 'string') throw new StepcastError('invalid_input', 'text must be a string; give the text to make a brief of');
  if (!/\S/.test(text)) throw new StepcastError('invalid_input', 'text is nothing but white space; give at least one word');
  // A character is one or two UTF-16 units; only a text that may be too long is worth counting.
  if (text.length > TEXT_LIMIT && (text.length > 2 * TEXT_LIMIT || [...text].length > TEXT_LIMIT)) {
    throw new StepcastError('invalid_input', `text has more than ${TEXT_LIMIT} characters; give it in parts`);
  }
}
