/** How long a provider asks to be left alone, which each tells in its own way. */

type Headers = Readonly<Record<string, string | undefined>>;

const UNIT_SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };

/**
 * Seconds; nothing where it was not told.
 *
 * @param headers Of the answer, with names in small letters: `retry-after-ms`, or `retry-after` in seconds or as an HTTP date.
 *   A date is held against that of the answer: our clock need not be the provider's.
 * @param body Of the answer, or what the stream said: Google writes `"retryDelay": "34s"`, OpenAI "try again in 6m0s".
 */
export function retryAfterSeconds(headers: Headers = {}, body = '', now = Date.now()): number | undefined {
  return seconds(headers['retry-after-ms'], 0.001) ?? seconds(headers['retry-after'], 1) ?? untilDate(headers['retry-after'], dateOf(headers['date']) ?? now) ?? ofText(body);
}

function seconds(text: string | undefined, unit: number): number | undefined {
  return text !== undefined && /^\s*\d{1,9}(?:\.\d+)?\s*$/.test(text) ? Number(text) * unit : undefined;
}

function untilDate(text: string | undefined, now: number): number | undefined {
  const at = dateOf(text);
  return at === undefined ? undefined : Math.max(0, (at - now) / 1000);
}

function dateOf(text: string | undefined): number | undefined {
  // Other forms that Date.parse knows are not meant: `-5` would be a month.
  if (text === undefined || !/^[A-Za-z]{3}/.test(text.trim())) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}

function ofText(body: string): number | undefined {
  const duration = /(?:"retryDelay"\s*:\s*"|\btry again in )((?:\d{1,9}(?:\.\d{1,9})?(?:ms|h|m|s))+)/i.exec(body)?.[1];
  if (duration === undefined) return undefined;
  return [...duration.matchAll(/([\d.]+)(ms|h|m|s)/gi)].reduce((sum, [, count, unit]) => sum + Number(count) * (UNIT_SECONDS[(unit as string).toLowerCase()] as number), 0);
}
