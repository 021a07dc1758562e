/** Service level objectives, as they are configured. */

const SLO_MEASURES = ['success', 'completion', 'first_event'] as const;
/**
 * What is promised of executions: `success`, that they complete and do not fail; `completion`, that those which complete
 * take at most `thresholdMs`, without the time that they wait for a person; `first_event`, that the first event comes at most
 * `thresholdMs` after the start was taken.
 */
export type SloMeasure = (typeof SLO_MEASURES)[number];

export interface SloOptions {
  /** Value of the label `slo`. */
  name: string;
  measure: SloMeasure;
  /** The share that has to be good, above 0 and below 1. */
  target: number;
  /** Milliseconds, whole minutes from an hour to 30 days: the time over which it has to be. */
  windowMs: number;
  /** Of the measures of time; milliseconds. */
  thresholdMs?: number;
  /** Of this workflow alone, as the label `workflow` names it. */
  workflow?: string;
}

const HOUR_MS = 60 * 60 * 1000;
const MAX_WINDOW_MS = 30 * 24 * HOUR_MS;
const MAX_SLOS = 20;
const FIELDS: ReadonlySet<string> = new Set(['name', 'measure', 'target', 'windowMs', 'thresholdMs', 'workflow'] satisfies (keyof SloOptions)[]);

/** What is wrong with the objectives given, a line each; nothing where they are `SloOptions[]`. */
export function faultsOfSlos(given: unknown): string[] {
  if (!Array.isArray(given)) return ['must be a list of objectives'];
  if (given.length > MAX_SLOS) return [`must be at most ${MAX_SLOS} objectives`];
  const names = new Set<unknown>();
  return given.flatMap((slo: unknown, i) => {
    if (typeof slo !== 'object' || slo === null || Array.isArray(slo)) return [`[${i}] must be an object`];
    const faults = faultsOf(slo as Record<string, unknown>);
    const { name } = slo as Record<string, unknown>;
    if (names.has(name)) faults.push('name must be its own');
    names.add(name);
    return faults.map((fault) => `[${i}].${fault}`);
  });
}

function faultsOf(slo: Record<string, unknown>): string[] {
  const { name, measure, target, windowMs, thresholdMs, workflow } = slo;
  const faults = Object.keys(slo).filter((field) => !FIELDS.has(field)).map((field) => `${field.slice(0, 40)} is not known; known are ${[...FIELDS].join(', ')}`);
  if (typeof name !== 'string' || !/^[A-Za-z0-9_-]{1,63}$/.test(name)) faults.push('name must be 1 to 63 letters, digits, - or _');
  if (!SLO_MEASURES.includes(measure as SloMeasure)) faults.push(`measure must be one of ${SLO_MEASURES.join(', ')}`);
  if (typeof target !== 'number' || !(target > 0 && target < 1)) faults.push('target must be a number above 0 and below 1');
  if (!isWhole(windowMs, HOUR_MS, MAX_WINDOW_MS) || windowMs % 60_000 !== 0) faults.push(`windowMs must be whole minutes, from ${HOUR_MS} to ${MAX_WINDOW_MS} milliseconds`);
  if (measure === 'success') {
    if (thresholdMs !== undefined) faults.push('thresholdMs is for completion and first_event alone');
  } else if (SLO_MEASURES.includes(measure as SloMeasure) && !isWhole(thresholdMs, 1, MAX_WINDOW_MS)) faults.push('thresholdMs must be a whole number of milliseconds');
  if (workflow !== undefined && (typeof workflow !== 'string' || workflow === '')) faults.push('workflow must be the name of one');
  return faults;
}

function isWhole(value: unknown, min: number, max: number): value is number {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
}

/** From the JSON of an environment variable. @throws Error with every fault. */
export function parseSlos(text: string): SloOptions[] {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    throw new Error('must be JSON: [{"name": "…", "measure": "success", "target": 0.99, "windowMs": 86400000}]');
  }
  const faults = faultsOfSlos(given);
  if (faults.length) throw new Error(faults.join('; '));
  return given as SloOptions[];
}
