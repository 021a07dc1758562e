/** A row of the list, brought on by events: what they tell of it, and nothing more. */
import { type ExecutionSummary } from '../../contract/api.js';
import { type ExecutionEvent } from '../../contract/events.js';

/** One that was not in the list when it was looked at. */
export function bornFrom({ executionId, workflow, sessionId, timestamp }: ExecutionEvent): ExecutionSummary {
  return {
    id: executionId, workflow, sessionId: sessionId ?? null, status: 'queued', queuePosition: null, progress: 0, error: null,
    createdAt: timestamp, startedAt: null, finishedAt: null, lastSeq: 0,
  };
}

/** The row after the event; the same row where it has seen it already. */
export function advance(row: ExecutionSummary, event: ExecutionEvent): ExecutionSummary {
  if (event.seq <= row.lastSeq) return row;
  const next: ExecutionSummary = { ...row, lastSeq: event.seq, progress: event.progress, queuePosition: null };
  switch (event.type) {
    case 'workflow_started':
      return { ...next, status: 'running', startedAt: event.timestamp };
    case 'workflow_completed':
      return { ...next, status: 'completed', finishedAt: event.timestamp };
    case 'workflow_failed':
      return { ...next, status: 'failed', error: event.data.error, finishedAt: event.timestamp };
    case 'workflow_cancelled':
      return { ...next, status: 'cancelled', finishedAt: event.timestamp };
    case 'input_required':
      return { ...next, status: 'waiting' };
    default:
      return { ...next, status: 'running' };
  }
}

export function isNewerFirst(a: ExecutionSummary, b: ExecutionSummary): number {
  return a.createdAt < b.createdAt ? 1 : a.createdAt > b.createdAt ? -1 : a.id < b.id ? 1 : -1;
}
