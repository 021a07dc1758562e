/** How many runs a property gets: `PROPERTY_SCALE=20` makes a night's work of it. */
export function runs(count: number): { numRuns: number } {
  return { numRuns: Math.ceil(count * Number(process.env['PROPERTY_SCALE'] ?? 1)) };
}

/** Milliseconds that a spec of properties may take. */
export const PROPERTY_TIMEOUT = 120_000 * Number(process.env['PROPERTY_SCALE'] ?? 1);
