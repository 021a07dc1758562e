/** What the charts show: a point for each look at the metrics, made of that look and the one before. */
import { parseMetrics, type Sample, sumOf } from './prometheus.js';

/** A point; null where nothing is known. Rates are a second. */
export interface Point {
  /** Seconds since the epoch, as the charts want it. */
  at: number;
  queued: number | null;
  running: number | null;
  waiting: number | null;
  finished: number | null;
  failed: number | null;
  events: number | null;
  streams: number | null;
  /** Milliseconds: the mean of a transaction of the journal since the last look. */
  commitMs: number | null;
  /** Milliseconds: the 99th percentile. */
  loopMs: number | null;
  inputTokens: number | null;
  outputTokens: number | null;
  costUsd: number | null;
  memoryMb: number | null;
}

export const POINT_KEYS = ['queued', 'running', 'waiting', 'finished', 'failed', 'events', 'streams', 'commitMs', 'loopMs', 'inputTokens', 'outputTokens', 'costUsd', 'memoryMb'] as const satisfies readonly (keyof Point)[];

/** Points that are kept: an hour, at one in five seconds. */
const KEPT = 720;

export class MetricsHistory {
  points: readonly Point[] = [];
  private before: { ms: number; samples: Sample[] } | undefined;

  /** @param ms When it was looked at. */
  add(text: string, ms: number): void {
    const samples = parseMetrics(text);
    const point = pointOf(samples, ms, this.before);
    this.before = { ms, samples };
    this.points = [...this.points.slice(1 - KEPT), point];
  }
}

function pointOf(samples: readonly Sample[], ms: number, before: { ms: number; samples: Sample[] } | undefined): Point {
  const now = (name: string, labels?: Record<string, string>) => sumOf(samples, name, labels) ?? null;
  const grown = (name: string, labels?: Record<string, string>): number | null => {
    const [last, first] = [sumOf(samples, name, labels), before && sumOf(before.samples, name, labels)];
    // Fewer than before: the process is another one, and has counted from zero.
    return last === undefined || first === undefined ? null : last < first ? last : last - first;
  };
  const seconds = before ? Math.max(0.001, (ms - before.ms) / 1000) : 1;
  const rate = (name: string, labels?: Record<string, string>) => times(grown(name, labels), 1 / seconds);
  const commits = grown('stepcast_journal_commit_seconds_count');
  const executions = (status: string) => sumOf(samples, 'stepcast_executions', { status }) ?? 0;
  return {
    at: ms / 1000,
    queued: executions('queued'), running: executions('running'), waiting: executions('waiting'),
    finished: rate('stepcast_executions_finished_total'), failed: rate('stepcast_executions_finished_total', { status: 'failed' }),
    events: rate('stepcast_events_total'), streams: now('stepcast_streams_open'),
    commitMs: commits ? times(grown('stepcast_journal_commit_seconds_sum'), 1000 / commits) : null,
    loopMs: times(now('nodejs_eventloop_lag_p99_seconds'), 1000),
    inputTokens: now('stepcast_model_tokens_total', { kind: 'input' }), outputTokens: now('stepcast_model_tokens_total', { kind: 'output' }), costUsd: now('stepcast_model_cost_usd_total'),
    memoryMb: times(now('process_resident_memory_bytes'), 1 / 1024 ** 2),
  };
}

function times(value: number | null, factor: number): number | null {
  return value === null ? null : value * factor;
}
