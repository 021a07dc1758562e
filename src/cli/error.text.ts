/** What a person is told of an error. */
import { RequestError } from '../client/client.error.js';
import { safeText } from './terminal.text.js';

/** A refusal, with what to do about it where more is known than the service has said. */
export class HintedError extends RequestError {
  constructor(
    message: string,
    { status, code, errors, retryAfterMs, cause }: RequestError,
    readonly hints: readonly string[],
  ) {
    super(message, status, code, errors, retryAfterMs, { cause });
  }
}

/** Its message, with what lies at the bottom of it: that of `fetch` says only that it failed. */
export function messageOf(error: Error): string {
  let bottom: unknown = error;
  while (bottom instanceof Error && bottom.cause !== undefined) bottom = bottom.cause;
  if (bottom === error || !(bottom instanceof Error)) return error.message;
  // Where every address of a name was tried, only the code says something.
  const reason = bottom.message || (bottom as NodeJS.ErrnoException).code;
  return reason === undefined || error.message.includes(reason) ? error.message : `${error.message.replace(/: fetch failed$/, '')}: ${reason}`;
}

/** Lines for the error output. */
export function linesOfError(error: unknown): string[] {
  if (!(error instanceof Error)) return [safeText(String(error))];
  const lines = [messageOf(error)];
  if (error instanceof RequestError) {
    // Where there is but one fault, the message may be that already.
    for (const { path, message } of error.errors) lines.push(`  ${path || '/'}${error.message.includes(message) ? '' : ` ${message}`}`);
    lines.push(...hintsOf(error).map((hint) => `  ${hint}`));
  }
  return lines.map(safeText);
}

function hintsOf(error: RequestError): readonly string[] {
  if (error instanceof HintedError) return error.hints;
  const { status, code } = error;
  if (status === 0) return ['set STEPCAST_URL to where the service is, or start one with: stepcast serve'];
  if (status === 401) return ['set STEPCAST_API_KEY to an API key or a bearer token of the service, and STEPCAST_URL to where that is'];
  if (error.errors.some(({ path }) => path === '/stepId')) return ['say which with --step'];
  if (code === 'not_found') return ['stepcast list shows the executions there are'];
  return code === undefined && status < 500 ? ['what answers there is not Stepcast; set STEPCAST_URL to where the service is'] : [];
}
