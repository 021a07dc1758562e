/** What a narration is made of: the parts of a conversation, and the moves by which they come about. */
import { type EventData } from '../../../contract/events.js';
import { type JsonValue } from '../../../contract/json.js';
import { type ExecutionState, type StepState } from '../../../contract/state.js';

interface PartBase {
  /** Unique among all executions. */
  id: string;
  /** Id of its step; empty for the result of the workflow. */
  step: string;
  attempt: number;
  open: boolean;
}
export interface TextPart extends PartBase {
  kind: 'text' | 'reasoning';
  text: string;
}
export interface CallPart extends PartBase {
  kind: 'call';
  tool: string;
  input: JsonValue;
  output?: JsonValue;
  error?: string;
}
/** A question to a person. It outlives a crash of the process: the step asks it again. */
export interface AskPart extends PartBase {
  kind: 'ask';
  name: string;
  prompt?: string;
  schema?: JsonValue;
  /** The answer; absent where it is open, or was closed without one. */
  value?: JsonValue;
}
export type Part = TextPart | CallPart | AskPart;

/** A leaf at work. */
export interface Run {
  attempt: number;
  /** Parts it has opened. */
  count: number;
  text?: TextPart;
  /** By the id that its agent gave it. */
  calls?: Map<string, CallPart>;
}

export interface Narration {
  execution: ExecutionState;
  /** What counts, in the order it was begun. */
  parts: Part[];
  /** By id of the step. */
  runs: Map<string, Run>;
  /** Open questions, by id of the step. */
  asks: Map<string, AskPart>;
  /** The step whose text was its output, of those that have completed the last one. */
  told?: { step: string; text: string };
}

export type Move =
  /** The workflow was started, or goes on after a crash. */
  | { move: 'workflow' }
  /** A step stands otherwise; `voided`: an attempt is over, and may be followed by another. */
  | { move: 'step'; how: 'started' | 'changed' | 'ended' | 'voided'; step: StepState }
  | { move: 'open'; part: TextPart }
  | { move: 'delta'; part: TextPart; delta: string }
  | { move: 'close'; part: TextPart }
  | { move: 'call'; part: CallPart }
  | { move: 'result'; part: CallPart }
  | { move: 'ask'; part: AskPart }
  | { move: 'answer'; part: AskPart }
  /** These count no more; all of them are closed. */
  | { move: 'void'; parts: Part[] }
  | { move: 'progress'; step: StepState; state?: string }
  | { move: 'data'; step: string; data: JsonValue }
  | { move: 'log'; step: string | undefined; line: EventData['message'] }
  /** The last one. */
  | { move: 'end' };
