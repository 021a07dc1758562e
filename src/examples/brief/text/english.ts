/**
 * wink-nlp with its English model, behind the one call that is needed of it; what it finds is given as plain lists.
 * Both packages are CommonJS and take some 80 ms to load, so they are required at the first text and not at the start
 * of the service.
 */
import { createRequire } from 'node:module';
import { Injectable } from '@nestjs/common';
import { type ItsFunction, type ItsHelpers, type PartOfSpeech, type ReadabilityStats, type WinkMethods } from 'wink-nlp';

/** Properties of the tokens, by place. */
export interface Tokens {
  /** As written, but in lower case. */
  normal: string[];
  lemma: string[];
  /** `word`, `number`, `punctuation`, …; `unk` for words in other scripts. */
  type: string[];
  pos: PartOfSpeech[];
  stop: boolean[];
  /** The white space before the token. */
  space: string[];
  /** Whether the lexicon has it. */
  known: boolean[];
}

export interface EnglishSentence {
  text: string;
  /** Places of its first and its last token. */
  first: number;
  last: number;
  /** -1..1 by lexicon, negation heeded; 0 where it holds no word of the lexicon. */
  sentiment: number;
  /** 0..1: how many of the text's frequent patterns of parts of speech it holds (`sentenceWiseImportance`). */
  patterns: number;
}

export interface EnglishDocument {
  tokens: Tokens;
  sentences: EnglishSentence[];
  /** `fres` is NaN where there are no words. */
  stats: ReadabilityStats;
}

type WinkFactory = (typeof import('wink-nlp'))['default'];
type WinkModel = (typeof import('wink-eng-lite-web-model'))['default'];
/** wink-nlp's helpers with the type of what they give; its own declarations leave room for strings everywhere. */
type Its = { readonly [Name in keyof ItsHelpers]: (...args: never[]) => ReturnType<ItsHelpers[Name]> };

/** What is found out about a text; entities are not needed. */
const PIPE = ['sbd', 'negation', 'sentiment', 'pos'];
/** wink-nlp remembers every word it ever met, for good. After so many UTF-16 units it is made anew, which takes 40 ms. */
const RENEW_AFTER = 4_000_000;

const require = createRequire(import.meta.url);

@Injectable()
export class English {
  private wink: WinkMethods | undefined;
  private units = 0;

  /** Reads a text at once: about a millisecond for 300 words. */
  read(text: string): EnglishDocument {
    const wink = this.fresh(text.length);
    const its: Its = wink.its;
    const doc = wink.readDoc(text);
    const ofTokens = <T>(property: (...args: never[]) => T): T[] => doc.tokens().out(property as unknown as ItsFunction<T>) as T[];
    const ofSentences = <T>(property: (...args: never[]) => T): T[] => doc.sentences().out(property as unknown as ItsFunction<T>) as T[];
    const ofAll = <T>(property: (...args: never[]) => T): T => doc.out(property as unknown as ItsFunction<T>) as T;

    const normal = ofTokens(its.normal);
    const sentiments = ofSentences(its.sentiment);
    const patterns = ofAll(its.sentenceWiseImportance);
    const texts = doc.sentences().out();
    return {
      tokens: {
        normal,
        lemma: ofTokens(its.lemma),
        type: ofTokens(its.type),
        pos: ofTokens(its.pos),
        stop: ofTokens(its.stopWordFlag),
        space: ofTokens(its.precedingSpaces),
        known: normal.map((word) => !doc.isOOV(word)),
      },
      sentences: ofSentences(its.span).map((span, i) => ({
        text: texts[i] as string,
        first: span[0] as number,
        last: span[1] as number,
        sentiment: finite(sentiments[i]),
        patterns: finite(patterns[i]?.importance),
      })),
      stats: ofAll(its.readabilityStats),
    };
  }

  private fresh(units: number): WinkMethods {
    if (!this.wink || this.units > RENEW_AFTER) {
      const winkNLP = require('wink-nlp') as WinkFactory;
      this.wink = winkNLP(require('wink-eng-lite-web-model') as WinkModel, PIPE);
      this.units = 0;
    }
    this.units += units;
    return this.wink;
  }
}

function finite(value: number | undefined): number {
  return value !== undefined && Number.isFinite(value) ? value : 0;
}
