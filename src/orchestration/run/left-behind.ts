import { isWithin, type EventDraft } from '../../contract/events.js';
import { type HaltCode } from './cancellation.js';
import { type RunContext } from './step.scope.js';

/**
 * The ends of steps that ran when a crash came, and that the run after it has no more cause to start: a step around them
 * fails or is cancelled first, or the execution cannot go on at all. Nothing else would tell of their end. Those below come
 * before those around them.
 *
 * @param id The step whose end is due; absent: the whole execution's.
 */
export function endLeftBehind({ recall, clock }: Pick<RunContext, 'recall' | 'clock'>, id: string | undefined, reason: HaltCode | 'given_up'): EventDraft[] {
  const left = recall.state.activeSteps.filter((active) => id === undefined || (active !== id && isWithin(active, id)));
  return left.reverse().flatMap((active): EventDraft[] => {
    const past = recall.take(active);
    const info = recall.infoOf(active);
    if (!past || !info) return [];
    const { durationMs: _durationMs, ...step } = info;
    // Between two attempts there is none that could last.
    const lasted = past.status === 'retrying' || past.startedAt === undefined ? {} : { durationMs: clock.since(Date.parse(past.startedAt)) };
    return [{ type: 'step_cancelled', step: { ...step, ...lasted, status: 'cancelled' }, data: { reason }, message: `Cancelled ${step.name}` }];
  });
}
