/** What the steps of `build` hand on to one another. All of it is JSON. */

export interface BuildInput {
  task: string;
  /** The programming language; without it the personas choose one. */
  language?: string;
  /** `provider/model`; without it the service's own. */
  model?: string;
  /** How often the code may be refined. */
  maxRounds?: number;
}

export interface BuildSettings {
  task: string;
  language: string;
  model: string;
  maxRounds: number;
}

/** The reviewer's verdict. */
export interface Review {
  approved: boolean;
  issues: string[];
}

/** Where the work stands after a review: all that the next round needs of those before it. */
export interface Work {
  /** Reviews so far; 0 is the first draft. */
  round: number;
  code: string;
  approved: boolean;
  issues: string[];
  /** The issues as text, for a prompt. */
  list: string;
  /** What the next review is to know of the one before. */
  history: string;
  reviews: (Review & { round: number })[];
  /** Whether there is no next round. */
  done: boolean;
}

export interface BuildResult {
  design: string;
  code: string;
  review: Review & { rounds: Work['reviews'] };
  documentation: string;
}
