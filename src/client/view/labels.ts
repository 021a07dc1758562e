/** Every word that the views of React and Vue show or say, so that an app can put its own language in their place. */
import { type StepStatus } from '../../contract/events.js';
import { type ExecutionStatus } from '../../contract/state.js';
import { type Connection } from '../follow.js';

export interface ViewLabels {
  /** Name of the whole, of the workflow where it is known already. */
  title: (workflow: string) => string;
  status: Readonly<Record<ExecutionStatus, string>>;
  stepStatus: Readonly<Record<StepStatus, string>>;
  /** How the line stands; empty where there is nothing to say. */
  connection: Readonly<Record<Connection['state'], string>>;
  progress: string;
  /** @param share 0..1 */
  percent: (share: number) => string;
  steps: string;
  round: (round: number) => string;
  earlierRounds: (count: number) => string;
  attempt: (attempt: number) => string;
  /** @param ms Milliseconds. */
  duration: (ms: number) => string;
  text: string;
  earlierText: (characters: number) => string;
  log: string;
  earlierLines: string;
  cancel: string;
  cancelling: string;
  cancelFailed: (reason: string) => string;
  /** The question of a step that has none of its own. */
  question: (step: string) => string;
  answer: string;
  yes: string;
  no: string;
  choose: string;
  send: string;
  sending: string;
  noNumber: string;
  noJson: (reason: string) => string;
  /** What is said of what happens, where nobody looks. */
  said: {
    stepStarted: (step: string) => string;
    stepCompleted: (step: string) => string;
    stepFailed: (step: string, reason: string) => string;
    stepCancelled: (step: string) => string;
    stepRetrying: (step: string, attempt: number, maxAttempts: number) => string;
    inputRequired: (step: string, prompt: string) => string;
    inputReceived: (step: string) => string;
    resumed: string;
    completed: string;
    failed: (reason: string) => string;
    cancelled: (reason: string) => string;
  };
}

/** Labels of one's own; those that are not given stay English. */
export type GivenLabels = { readonly [K in keyof ViewLabels]?: ViewLabels[K] extends (...given: never) => string ? ViewLabels[K] : ViewLabels[K] extends string ? string : Partial<ViewLabels[K]> };

const ENGLISH: ViewLabels = {
  title: (workflow) => workflow || 'Workflow',
  status: { queued: 'Queued', running: 'Running', waiting: 'Waiting for you', completed: 'Completed', failed: 'Failed', cancelled: 'Cancelled' },
  stepStatus: { pending: 'Pending', running: 'Running', waiting: 'Waiting', retrying: 'Retrying', completed: 'Completed', failed: 'Failed', cancelled: 'Cancelled', skipped: 'Skipped' },
  connection: { connecting: 'Connecting …', live: '', polling: '', ended: '', waiting: 'Reconnecting …' },
  progress: 'Progress',
  // Never 100 before the end.
  percent: (share) => `${Math.floor(share * 100)} %`,
  steps: 'Steps',
  round: (round) => `round ${round}`,
  earlierRounds: (count) => (count === 1 ? '1 earlier round' : `${count} earlier rounds`),
  attempt: (attempt) => `attempt ${attempt}`,
  duration: durationOf,
  text: 'Text',
  earlierText: (characters) => `… ${characters} characters before`,
  log: 'Log',
  earlierLines: 'Earlier lines are not kept.',
  cancel: 'Cancel',
  cancelling: 'Cancelling …',
  cancelFailed: (reason) => `It could not be cancelled: ${reason}`,
  question: (step) => `${step} waits for an answer`,
  answer: 'Answer',
  yes: 'Yes',
  no: 'No',
  choose: 'Choose …',
  send: 'Send',
  sending: 'Sending …',
  noNumber: 'Enter a number.',
  noJson: (reason) => `That is no valid JSON: ${reason}`,
  said: {
    stepStarted: (step) => `${step} has started`,
    stepCompleted: (step) => `${step} is completed`,
    stepFailed: (step, reason) => `${step} has failed: ${reason}`,
    stepCancelled: (step) => `${step} was cancelled`,
    stepRetrying: (step, attempt, maxAttempts) => `Attempt ${attempt} of ${maxAttempts} of ${step} has failed, it is tried again`,
    inputRequired: (step, prompt) => `${step} waits for your answer: ${prompt}`,
    inputReceived: (step) => `${step} was answered`,
    resumed: 'The workflow goes on after an interruption',
    completed: 'The workflow is completed',
    failed: (reason) => `The workflow has failed: ${reason}`,
    cancelled: (reason) => `The workflow was cancelled: ${reason}`,
  },
};

export function labelsOf(given: GivenLabels | undefined): ViewLabels {
  if (!given) return ENGLISH;
  const { status, stepStatus, connection, said } = ENGLISH;
  return {
    ...ENGLISH, ...given,
    status: { ...status, ...given.status }, stepStatus: { ...stepStatus, ...given.stepStatus },
    connection: { ...connection, ...given.connection }, said: { ...said, ...given.said },
  };
}

function durationOf(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1000)} s`;
}
