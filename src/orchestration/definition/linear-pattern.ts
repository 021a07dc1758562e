/**
 * Regular expressions that users write, for `matches()` in CEL and `pattern` in JSON Schema. JavaScript's own engine
 * backtracks, so that a pattern like `^(a+)+$` blocks the process for years; RE2 needs time proportional to the text
 * times the size of the pattern, and knows neither look-around nor back-references for it.
 */
import { createRequire } from 'node:module';
import { type RE2JS } from 're2js';
import { LruCache } from './lru-cache.js';

const require = createRequire(import.meta.url);

const MAX_LENGTH = 1000;
/** Instructions of the compiled pattern: what a character of the text costs at the most, in units of about 10 ns. */
const MAX_SIZE = 2000;

/** By number and not by length: each may hold some megabytes of states that it has met. */
const patterns = new LruCache<RE2JS>(64);

/** @throws Error that says what is wrong with the pattern. */
export function linearPattern(source: string): RE2JS {
  const known = patterns.get(source);
  if (known) return known;
  if (source.length > MAX_LENGTH) throw new Error(`the pattern is longer than ${MAX_LENGTH} characters`);
  const { RE2JS: engine } = require('re2js') as typeof import('re2js');
  let pattern: RE2JS;
  try {
    pattern = engine.compile(engine.translateRegExp(source));
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : String(error);
    throw new Error(`the pattern is not valid (${reason}); patterns are RE2, without look-around and back-references`, { cause: error });
  }
  if (pattern.programSize() > MAX_SIZE) throw new Error('the pattern is too big; use smaller repetition counts');
  patterns.set(source, pattern, 1);
  return pattern;
}

/** For when a match was cut off from outside, which may have left half-made states behind. */
export function forgetPatterns(): void {
  patterns.clear();
}
