/** Ids of questions, which say of which step of which execution they are. */
const QUESTION = /^([^/]{1,100})\/((?:[A-Za-z_]\w*(?:\[\d+\])?)(?:\/[A-Za-z_]\w*(?:\[\d+\])?)*)#(\d+)$/;
const MAX_LENGTH = 3000;

/** The execution that a question is of; nothing where `id` is none of a question. */
export function executionAsking(id: string): string | undefined {
  return id.length > MAX_LENGTH ? undefined : QUESTION.exec(id)?.[1];
}
