/** Answers of people that a chat brings along: where somebody else was faster, theirs stands. */
import { StepcastError } from '../../contract/errors.js';
import { type JsonValue } from '../../contract/json.js';
import { type ExecutionService } from '../../orchestration/execution.service.js';

const TOO_LATE: ReadonlySet<string> = new Set(['not_waiting', 'already_finished']);

/** Answers how many were taken. @throws StepcastError `invalid_input`, `payload_too_large`, `shutting_down` */
export async function answerAll(executions: ExecutionService, id: string, answers: readonly { step: string; value: JsonValue }[]): Promise<number> {
  let taken = 0;
  for (const { step, value } of answers) if (await unlessTooLate(() => executions.answer(id, step, value))) taken++;
  return taken;
}

/** Whether it was done. */
export async function unlessTooLate(act: () => Promise<void>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    if (error instanceof StepcastError && TOO_LATE.has(error.code)) return false;
    throw error;
  }
}
