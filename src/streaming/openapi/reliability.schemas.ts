/** What the route of reliability answers. */
import { type CallStats, type ExecutionStats, type ReliabilityReport, RELIABILITY_WINDOWS, type ReliabilityWindow } from '../../metrics/reliability.js';
import { type SloReport } from '../../metrics/slo.js';
import { type SloMeasure } from '../../metrics/slo.options.js';
import { type Quantiles } from '../../metrics/times.js';
import { array, closed, count, fraction, nullable, oneOfNames, optional, ref, type Schema, text, time } from './schema.builder.js';

const ms = (description: string): Schema => ({ type: 'integer', minimum: 0, description: `Milliseconds: ${description}` });
const rate = (description: string): Schema => nullable(fraction(description));
const quantiles = (description: string): Schema => nullable(ref('Quantiles'), `${description}; null where there was none.`);

const STATS = {
  completed: count('Executions that completed.'),
  failed: count('That failed.'),
  cancelled: count('That were cancelled.'),
  successRate: rate('The share that completed, of those that completed or failed; null where none did.'),
  compensationRate: rate('The share, of all that ended, in which a step was tried again or that were resumed.'),
  humanInputRate: rate('The share, of all that ended, that asked a person.'),
  completionMs: quantiles('How long those took that completed, without the time they waited for a person'),
};

export const RELIABILITY_SCHEMAS: Record<string, Schema> = {
  ReliabilityReport: closed<ReliabilityReport>('How well executions do, over a window that ends now; of this process, since it started.', {
    window: { ...oneOfNames<ReliabilityWindow>('The window.', mapped(RELIABILITY_WINDOWS)) },
    since: time('Since when this process counts; a window that reaches back further is not whole.'),
    ...STATS,
    toolCalls: closed<CallStats>('Calls of tools.', { calls: count('All of them.'), failed: count('Those that failed.'), durationMs: quantiles('How long they took') }),
    inputs: closed<ReliabilityReport['inputs']>('Questions to people.', { answered: count('Those that were answered.'), waitMs: quantiles('How long people took to answer') }),
    workflows: array(ref('WorkflowReliability'), 'The same by workflow, of those that had an execution end.'),
    slos: array(ref('SloReport'), 'The objectives that are configured.'),
  }),
  WorkflowReliability: closed<{ workflow: string } & ExecutionStats>('Executions of one workflow.', {
    workflow: text('Its name; `adhoc` stands for all definitions that were given with a start, `other` for stored ones beyond the first hundred names.'), ...STATS,
  }),
  Quantiles: closed<Quantiles>('Estimates, from buckets; never beyond the shortest and the longest time there was.', { p50: ms('half are below.'), p95: ms('95 % are below.'), p99: ms('99 % are below.') }),
  SloReport: closed<SloReport>('An objective, and how it stands.', {
    name: text('Its name.'),
    measure: oneOfNames<SloMeasure>('What is measured.', { success: true, completion: true, first_event: true }),
    target: { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1, description: 'The share that has to be good.' },
    windowMs: ms('the time over which it has to be.'),
    thresholdMs: optional(ms('what takes longer is bad; of measures of time.')),
    workflow: optional(text('The workflow it is of; absent: all.')),
    good: count('Good ones in the window.'),
    bad: count('Bad ones.'),
    ratio: rate('The share that was good; null where nothing happened.'),
    budgetLeft: { type: 'number', maximum: 1, description: 'What is left of what may go wrong in the window: 1 is all of it, below 0 the objective is missed.' },
    burnRates: { type: 'object', description: 'How many times faster than allowed the budget is used up, over each of these times.', additionalProperties: { type: 'number', minimum: 0 } },
  }),
};

function mapped<T extends object>(names: T): Record<keyof T, true> {
  return Object.fromEntries(Object.keys(names).map((name) => [name, true])) as Record<keyof T, true>;
}
