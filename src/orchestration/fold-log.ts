import { applyEvent, type ExecutionState } from '../contract/state.js';
import { type Journal } from '../journal/journal.js';
import { type ExecutionRecord } from '../journal/journal.types.js';
import { readLog } from '../journal/read-log.js';
import { stateBefore } from './state-before.js';

/** The state of an execution as its log tells it. @throws StepcastError `gone` */
export async function foldLog(journal: Journal, record: ExecutionRecord): Promise<ExecutionState> {
  const state = stateBefore(record);
  for await (const batch of readLog((after, page) => journal.read(record.id, after, page))) {
    for (const { event } of batch.events) applyEvent(state, event);
  }
  return state;
}
