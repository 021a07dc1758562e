/**
 * Which sentences make the summary: maximal marginal relevance (Carbonell & Goldstein, 1998). Each round picks the
 * sentence that is most important and least like those already picked, and a little rather from a section that has not
 * been heard yet. A round is a function from state to state; the workflow's iteration runs one round after the other.
 */
import { type Candidate, type Selection } from '../brief.types.js';

/** Weight of importance against redundancy. */
const LAMBDA = 0.7;
/** What each sentence that was picked from the same section takes away. */
const HEARD = 0.05;
/** A sentence so like a picked one says nothing new and is out. */
const SAME = 0.8;

/** The state after one more round: one sentence picked, or none where nothing useful is left. */
export function pickNext(state: Selection): Selection {
  const best = state.picked.length < state.wanted ? state.candidates.reduce(better, undefined) : undefined;
  if (!best) return { ...state, candidates: [] };
  const candidates = state.candidates
    .filter((candidate) => candidate !== best)
    .map((candidate): Candidate => ({
      ...candidate,
      redundancy: Math.max(candidate.redundancy, likeness(candidate, best)),
      heard: candidate.heard + (candidate.section === best.section ? 1 : 0),
    }))
    .filter((candidate) => candidate.redundancy < SAME && relevance(candidate) > 0);
  return { wanted: state.wanted, picked: [...state.picked, best.index], candidates };
}

function relevance({ importance, redundancy }: Candidate): number {
  return LAMBDA * importance - (1 - LAMBDA) * redundancy;
}

/** Of equal value, the one that comes first in the text. */
function better(best: Candidate | undefined, candidate: Candidate): Candidate {
  if (!best) return candidate;
  const more = relevance(candidate) - HEARD * candidate.heard - (relevance(best) - HEARD * best.heard);
  return more > 0 || (more === 0 && candidate.index < best.index) ? candidate : best;
}

/** 0..1: the cosine of the two sets of terms (Otsuka & Ochiai). */
function likeness(a: Candidate, b: Candidate): number {
  if (a.terms.length === 0 || b.terms.length === 0) return 0;
  const terms = new Set(b.terms);
  const common = a.terms.filter((term) => terms.has(term)).length;
  return Math.round((common / Math.sqrt(a.terms.length * b.terms.length)) * 1000) / 1000;
}
