/** How times, amounts and shares are written. */
import { type Usage } from '../../contract/events.js';

/** `850ms`, `3.2s`, `4m 05s`, `2h 03m`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))}ms`;
  const seconds = ms / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)}s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  if (minutes < 60) return `${minutes}m ${String(Math.round(seconds) % 60).padStart(2, '0')}s`;
  return `${Math.floor(minutes / 60)}h ${String(minutes % 60).padStart(2, '0')}m`;
}

/** How long ago, in the largest unit that says something. */
export function age(ms: number): string {
  const units: [number, string][] = [[86_400_000, 'd'], [3_600_000, 'h'], [60_000, 'm'], [1000, 's']];
  const [size, name] = units.find(([unit]) => ms >= unit) ?? [1000, 's'];
  return `${Math.max(0, Math.floor(ms / size))}${name} ago`;
}

export function percent(share: number): string {
  // 100 % is said of what is whole, and of nothing less.
  return `${Math.floor(share * 100)}%`;
}

/** Tokens and dollars, where there are any. */
export function usageText({ totalTokens, inputTokens, outputTokens, costUsd }: Usage): string {
  const tokens = totalTokens ?? (inputTokens === undefined && outputTokens === undefined ? undefined : (inputTokens ?? 0) + (outputTokens ?? 0));
  const parts: string[] = [];
  if (tokens) parts.push(`${tokens.toLocaleString('en-US')} tokens`);
  if (costUsd) parts.push(`$${costUsd < 0.01 ? costUsd.toPrecision(2) : costUsd.toFixed(2)}`);
  return parts.join(', ');
}

export function bar(share: number, width: number): string {
  const full = Math.floor(Math.min(1, Math.max(0, share)) * width);
  return `${'━'.repeat(full)}${'─'.repeat(Math.max(0, width - full))}`;
}
