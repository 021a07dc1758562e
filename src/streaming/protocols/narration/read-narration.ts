import { type Journal } from '../../../journal/journal.js';
import { type ExecutionRecord } from '../../../journal/journal.types.js';
import { readLog } from '../../../journal/read-log.js';
import { stateBefore } from '../../../orchestration/state-before.js';
import { beginNarration, narrate } from './narration.js';
import { type Narration } from './narration.types.js';

/** What the committed log of an execution tells. @throws StepcastError `gone` */
export async function readNarration(journal: Journal, record: ExecutionRecord): Promise<Narration> {
  const narration = beginNarration(stateBefore(record));
  for await (const batch of readLog((after, page) => journal.read(record.id, after, page))) {
    for (const { event } of batch.events) narrate(narration, event);
  }
  return narration;
}
