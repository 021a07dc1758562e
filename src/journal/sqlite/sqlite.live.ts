import { type ExecutionStatus } from '../../contract/state.js';
import { type ExecutionRecord } from '../journal.types.js';

/** What memory knows of an execution that has not ended. */
export interface Live {
  readonly ordinal: number;
  epoch: number;
  lastSeq: number;
  /** The last event whose row the index names. */
  indexed: number;
  /** As the record has it. Its other times and its error change with it, or at the end. */
  status: ExecutionStatus;
  progress: number;
  /** Rows that the index does not name: id, last event, id, last event, … */
  unindexed: number[];
}

/** The `unindexed` of those that have none. Never added to. */
export const NONE: number[] = [];

/** @param lastSeq The last event whose row the index names. */
export function liveOf({ ordinal, epoch, status, progress }: ExecutionRecord, lastSeq: number): Live {
  return { ordinal, epoch, lastSeq, indexed: lastSeq, status, progress, unindexed: NONE };
}
