/** Whether a text can be had at all, while a real status can still answer (P14). */
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { StepcastError } from '../../contract/errors.js';
import { type ExecutionState, FINISHED_STATUSES } from '../../contract/state.js';
import { Journal } from '../../journal/journal.js';
import { type ExecutionRecord } from '../../journal/journal.types.js';
import { foldLog } from '../../orchestration/fold-log.js';
import { requestOf } from '../http/http.types.js';

const MAX_NAMED = 20;

/** Looks at finished executions alone: what one that runs comes to, nobody knows. */
@Injectable()
export class TextAccessGuard implements CanActivate {
  constructor(private readonly journal: Journal) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { streamRequest, execution } = requestOf(context);
    const protocol = streamRequest?.protocol;
    if (protocol?.name === 'text' && execution) await refuseText(execution, protocol.step, () => foldLog(this.journal, execution));
    return true;
  }
}

/** @throws StepcastError `invalid_request` where there is no such step, `conflict` where its text is not whole and never will be. */
export async function refuseText(record: ExecutionRecord, step: string | undefined, fold: () => Promise<ExecutionState>): Promise<void> {
  if (!FINISHED_STATUSES.has(record.status)) return;
  const state = await fold();
  const status = step === undefined ? state.status : statusOf(state, step);
  if (status === 'completed') return;
  const what = step === undefined ? 'the execution' : `step ${step}`;
  throw new StepcastError('conflict', `there is no whole text: ${what} has ${status}; GET /executions/${record.id} tells what there is of it`);
}

function statusOf({ steps }: ExecutionState, step: string): string {
  const found = Object.hasOwn(steps, step) ? steps[step] : undefined;
  if (found) return found.status;
  const names = Object.keys(steps);
  const named = `${names.slice(0, MAX_NAMED).join(', ')}${names.length > MAX_NAMED ? ', …' : ''}`;
  throw new StepcastError('invalid_request', `no step of this execution has the id "${step}"; there were ${named}`, { faults: [{ path: '/step', message: 'must be the id of a step that was there' }] });
}
