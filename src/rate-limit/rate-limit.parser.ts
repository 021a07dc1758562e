import { StepcastError } from '../contract/errors.js';

/** So many requests in so many seconds. */
export interface RateLimit {
  points: number;
  seconds: number;
}

const MAX_POINTS = 1_000_000_000;
/** A day; a window is kept by a timer, and timers beyond 24.8 days go off at once. */
const MAX_SECONDS = 86_400;
const BOUNDS = `with 1 to ${MAX_POINTS} requests and 1 to ${MAX_SECONDS} seconds`;

/**
 * Reads `300/60`: 300 requests in 60 seconds.
 * @throws StepcastError `invalid_input` that names the form and the bounds.
 */
export function parseRateLimit(text: string): RateLimit {
  const match = /^(\d{1,10})\/(\d{1,9})$/.exec(text.trim());
  const rate = { points: Number(match?.[1]), seconds: Number(match?.[2]) };
  if (!isRateLimit(rate)) throw new StepcastError('invalid_input', `${JSON.stringify(text)} is no rate limit; write <requests>/<seconds>, such as 300/60, ${BOUNDS}`);
  return rate;
}

/** What is wrong with a rate limit that was given as an object; nothing where it is one. */
export function rateLimitFault(rate: unknown): string | undefined {
  return isRateLimit(rate) ? undefined : `must be { points, seconds } in whole numbers, ${BOUNDS}, but is ${JSON.stringify(rate)}`;
}

function isRateLimit(rate: unknown): rate is RateLimit {
  const { points, seconds } = (rate ?? {}) as { points?: unknown; seconds?: unknown };
  return isWithin(points, MAX_POINTS) && isWithin(seconds, MAX_SECONDS);
}

function isWithin(value: unknown, max: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= max;
}
