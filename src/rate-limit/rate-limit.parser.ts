import { StepcastError } from '../contract/errors.js';

/** So many requests in so many seconds. */
export interface RateLimit {
  points: number;
  seconds: number;
}

const MAX_POINTS = 1_000_000;
/** A day; a window is kept by a timer, and timers beyond 24.8 days go off at once. */
const MAX_SECONDS = 86_400;

/**
 * Reads `300/60`: 300 requests in 60 seconds.
 * @throws StepcastError `invalid_input` that names the form and the bounds.
 */
export function parseRateLimit(text: string): RateLimit {
  const match = /^(\d{1,9})\/(\d{1,9})$/.exec(text.trim());
  const points = Number(match?.[1]);
  const seconds = Number(match?.[2]);
  if (!(points >= 1 && points <= MAX_POINTS && seconds >= 1 && seconds <= MAX_SECONDS)) {
    throw new StepcastError(
      'invalid_input',
      `${JSON.stringify(text)} is no rate limit; write <requests>/<seconds>, such as 300/60, ` +
        `with 1 to ${MAX_POINTS} requests and 1 to ${MAX_SECONDS} seconds`,
    );
  }
  return { points, seconds };
}
