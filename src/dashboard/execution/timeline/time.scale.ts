/** Where a time stands on the timeline, and which times are marked on it. */

export interface TimeScale {
  startMs: number;
  spanMs: number;
  /** Up to where bars that go on reach. */
  nowMs: number;
}

const STEPS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 21_600_000, 43_200_000, 86_400_000];

/** Round times from 0 on, `wanted` of them at most. */
export function ticksOf(spanMs: number, wanted: number): number[] {
  const most = Math.max(1, wanted);
  const stepMs = STEPS_MS.find((step) => spanMs / step <= most) ?? Math.ceil(spanMs / most / 86_400_000) * 86_400_000;
  return Array.from({ length: Math.floor(spanMs / stepMs) + 1 }, (_, i) => i * stepMs).slice(0, most);
}

/** As short as it can be said. */
export function tickLabel(ms: number): string {
  if (ms < 1000) return `${ms} ms`;
  if (ms < 60_000) return `${ms / 1000} s`;
  if (ms < 3_600_000) return ms % 60_000 === 0 ? `${ms / 60_000} min` : `${Math.floor(ms / 60_000)}:${String((ms % 60_000) / 1000).padStart(2, '0')}`;
  return ms % 3_600_000 === 0 ? `${ms / 3_600_000} h` : `${Math.floor(ms / 3_600_000)} h ${(ms % 3_600_000) / 60_000}`;
}

/** Pixels that a bar has at least (see execution.css): one that takes no time stays in sight at the end, too. */
const LEAST_WIDTH = 3;

/** Percent of the width. */
export function placeOn({ startMs, spanMs, nowMs }: TimeScale, fromMs: number, toMs: number | undefined): { left: string; width: string } {
  const left = ((fromMs - startMs) / spanMs) * 100;
  const width = (Math.max(0, (toMs ?? Math.max(nowMs, fromMs)) - fromMs) / spanMs) * 100;
  return { left: `min(${left}%, 100% - ${LEAST_WIDTH}px)`, width: `${width}%` };
}
