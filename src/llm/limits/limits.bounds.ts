/** What the figures of limits may be: whole numbers, from and to. */
export const LIMIT_BOUNDS = {
  requestsPerMinute: [1, 1_000_000_000],
  tokensPerMinute: [1, 1_000_000_000_000],
  concurrency: [1, 1_000_000],
  failures: [1, 1_000_000],
  openMs: [1, 24 * 60 * 60 * 1000],
} as const;

export type Figure = keyof typeof LIMIT_BOUNDS;

export function isWithinBounds(figure: Figure, value: unknown): value is number {
  const [min, max] = LIMIT_BOUNDS[figure];
  return Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
}
