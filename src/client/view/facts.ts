/** What stands beside the name of a step, and what the progress of the whole is called. */
import { type ExecutionSnapshot } from '../execution.store.js';
import { type ViewLabels } from './labels.js';
import { type StepNode } from './step.tree.js';

/** `step`, its round and its attempt, and how long it took. */
export function factsOf({ step, round }: StepNode, labels: ViewLabels): string {
  const isOver = step.finishedAt !== undefined && step.status !== 'running';
  return [
    round === undefined ? '' : labels.round(round),
    step.attempt > 1 ? labels.attempt(step.attempt) : '',
    step.status === 'running' && step.progress > 0 ? labels.percent(step.progress) : '',
    isOver && step.durationMs !== undefined ? labels.duration(step.durationMs) : '',
  ].filter(Boolean).join(' · ');
}

/** What a progress bar says: how far, and what is being done. */
export function valueTextOf({ progress, status, currentStep }: Pick<ExecutionSnapshot, 'progress' | 'status' | 'currentStep'>, labels: ViewLabels): string {
  return [labels.percent(progress), labels.status[status], currentStep?.name].filter(Boolean).join(', ');
}

/** The time of day of a log line, where its reader is. */
export function timeOf(timestamp: string): string {
  const date = new Date(timestamp);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}
