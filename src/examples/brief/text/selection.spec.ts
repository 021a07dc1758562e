import { describe, expect, it } from '@jest/globals';
import { type Candidate, type Keyword, type Selection } from '../brief.types.js';
import { importanceOf, shortlist } from './importance.js';
import { type SentenceReading } from './reading.js';
import { pickNext } from './selection.js';

const sentence = (terms: string[], given: Partial<SentenceReading & { section: number }> = {}): SentenceReading & { section: number } => ({
  section: 0, start: 0, end: 0, words: 15, sentiment: 0, patterns: 0, torn: false, terms: terms.map((lemma) => ({ lemma, form: lemma })), ...given,
});
const keyword = (term: string, score: number): Keyword => ({ term, score, count: 1 });
const candidate = (index: number, importance: number, terms: string[], section = 0): Candidate => ({ index, section, importance, redundancy: 0, heard: 0, terms });
const run = (candidates: Candidate[], wanted: number): Selection => {
  let state: Selection = { wanted, picked: [], candidates };
  for (let round = 0; round < 100 && state.picked.length < wanted && state.candidates.length > 0; round++) state = pickNext(state);
  return state;
};

describe('importance', () => {
  it('grows with the keywords a sentence holds, in any of their forms', () => {
    const forms = sentence([], { terms: [{ lemma: 'cat', form: 'cats' }] });
    const [both, one, none, other] = importanceOf(
      [sentence(['cat', 'bat']), sentence(['cat']), sentence(['dog']), sentence([], { terms: [{ lemma: 'cat', form: 'cat' }] }), forms],
      [keyword('cats', 2), keyword('bat', 1)],
    ) as [number, number, number, number, number];
    expect(both).toBeGreaterThan(one);
    expect(one).toBeGreaterThan(none);
    expect(other).toBeGreaterThan(none);
  });

  it('grows with frequent patterns, and falls with a length that is not good and where a sentence is torn', () => {
    const of = (given: Partial<SentenceReading>): number => importanceOf([sentence(['cat'], given)], [keyword('cat', 1)])[0] as number;
    expect(of({ patterns: 1 })).toBeGreaterThan(of({ patterns: 0 }));
    expect(of({ words: 4 })).toBeCloseTo(of({}) / 2, 2);
    expect(of({ words: 80 })).toBeCloseTo(of({}) / 2, 2);
    expect(of({ torn: true })).toBeLessThan(of({}));
    expect(of({ patterns: 1 })).toBeLessThanOrEqual(1);
  });

  it('is decided by the place where nothing else tells', () => {
    const importance = importanceOf([sentence([]), sentence([]), sentence([])], []);
    expect(importance).toEqual([...importance].sort((a, b) => b - a));
    expect(importance.at(-1)).toBeGreaterThan(0);
    expect(importanceOf([], [])).toEqual([]);
  });

  it('makes the shortlist: the best first, three for each that is wanted and no fewer than twelve', () => {
    const many = Array.from({ length: 100 }, (_, i) => sentence([`t${i % 7}`, 't1', 't1'], { section: i % 3, patterns: i / 100 }));
    const { candidates, picked, wanted } = shortlist(many, [keyword('t1', 1)], 5);
    expect({ picked, wanted, length: candidates.length }).toEqual({ picked: [], wanted: 5, length: 15 });
    expect(shortlist(many, [], 1).candidates).toHaveLength(12);
    for (const [i, { index, importance, section, terms }] of candidates.entries()) {
      expect(section).toBe(index % 3);
      expect(new Set(terms).size).toBe(terms.length);
      if (i > 0) expect(importance).toBeLessThanOrEqual(candidates[i - 1]?.importance as number);
    }
  });
});

describe('the selection', () => {
  it('picks the most important first, then what is unlike it', () => {
    const { picked } = run([candidate(3, 0.9, ['a', 'b']), candidate(5, 0.85, ['a', 'c']), candidate(8, 0.8, ['d', 'e'])], 3);
    expect(picked).toEqual([3, 8, 5]);
  });

  it('picks nothing that only repeats, and says so by having no candidates', () => {
    const state = run([candidate(0, 0.9, ['a', 'b']), candidate(1, 0.9, ['a', 'b']), candidate(2, 0.9, ['a', 'b'])], 3);
    expect(state).toEqual({ wanted: 3, picked: [0], candidates: [] });
  });

  it('rather takes a section that has not been heard', () => {
    const { picked } = run([candidate(0, 0.9, ['a'], 0), candidate(1, 0.82, ['b'], 0), candidate(2, 0.8, ['c'], 1)], 2);
    expect(picked).toEqual([0, 2]);
  });

  it('takes the first in the text of two that are equal', () => {
    expect(run([candidate(7, 0.5, ['a']), candidate(2, 0.5, ['b'])], 1).picked).toEqual([2]);
  });

  it('stops at what is wanted, and where there is nothing', () => {
    const enough: Selection = { wanted: 1, picked: [4], candidates: [candidate(1, 0.5, ['a'])] };
    expect(pickNext(enough)).toEqual({ wanted: 1, picked: [4], candidates: [] });
    expect(pickNext({ wanted: 2, picked: [], candidates: [] })).toEqual({ wanted: 2, picked: [], candidates: [] });
  });

  it('leaves the state it is given as it is', () => {
    const state: Selection = { wanted: 2, picked: [], candidates: [candidate(0, 0.9, ['a']), candidate(1, 0.5, ['b'])] };
    const copy = structuredClone(state);
    pickNext(state);
    expect(state).toEqual(copy);
  });

  it('takes sentences without terms, as there are in other languages', () => {
    expect(run([candidate(0, 0.1, []), candidate(1, 0.09, []), candidate(2, 0.08, [])], 2).picked).toEqual([0, 1]);
  });
});
