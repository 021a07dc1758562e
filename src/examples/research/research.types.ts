/** What the steps of `research` hand on to one another. All of it is JSON. */

export interface ResearchInput {
  question: string;
  /** How many topics are researched side by side in a round. */
  breadth?: number;
  /** How many rounds there are at most; each builds on the findings of those before. */
  depth?: number;
  /** `provider/model`; without it the service's own. */
  model?: string;
}

/** What the planner answers: a part of the question that can be answered alone. */
export interface Topic {
  title: string;
  question: string;
  /** Why the answer would help. */
  why: string;
}

export interface Finding extends Topic {
  /** `F1`, `F2` …: what the report refers to. */
  id: string;
  round: number;
  /** The step of this execution whose text it is. */
  step: string;
  answer: string;
}

/** Where the research stands between two rounds. */
export interface Research {
  question: string;
  breadth: number;
  depth: number;
  model: string;
  /** Rounds that have begun. */
  round: number;
  findings: Finding[];
}

/** A round that is about to be planned. */
export interface Focus extends Research {
  /** What the planner is asked. */
  ask: string;
}

export interface Agenda extends Research {
  /** At most `breadth`; none where nothing is left to ask. */
  topics: Topic[];
}

export interface Collected extends Research {
  /** The findings as text, for a prompt. */
  notes: string;
  done: boolean;
}

/** What a part of the report rests on: not a document, but a text of this execution, with the reason why it was asked for. */
export interface Source {
  finding: string;
  step: string;
  model: string;
  round: number;
  why: string;
  /** Whether the report refers to it. */
  cited: boolean;
}

export interface ResearchResult {
  report: string;
  findings: Omit<Finding, 'step'>[];
  sources: Source[];
}
