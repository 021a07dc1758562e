/** How times, sizes and values are written for people. */

const NUMBER = new Intl.NumberFormat('en');
const MONEY = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD', minimumFractionDigits: 2, maximumFractionDigits: 4 });
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export function count(value: number): string {
  return NUMBER.format(value);
}

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

export function money(usd: number): string {
  return usd > 0 && usd < 0.0001 ? '< $0.0001' : MONEY.format(usd);
}

export function percent(share: number): string {
  return `${Math.floor(share * 100)} %`;
}

/** @param ms Milliseconds. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(2)} s`;
  if (ms < MINUTE) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min ${Math.floor((ms % MINUTE) / 1000)} s`;
  return `${Math.floor(ms / HOUR)} h ${Math.floor((ms % HOUR) / MINUTE)} min`;
}

/** How long ago a time is, roughly. @param ms Milliseconds. */
export function ago(ms: number): string {
  if (ms < 10_000) return 'just now';
  if (ms < MINUTE) return `${Math.floor(ms / 1000)} s ago`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min ago`;
  if (ms < 24 * HOUR) return `${Math.floor(ms / HOUR)} h ago`;
  return `${Math.floor(ms / (24 * HOUR))} d ago`;
}

/** Time of day with milliseconds, where the reader is. */
export function clock(time: string | number): string {
  const date = new Date(time);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

export function moment(time: string): string {
  return new Date(time).toLocaleString();
}

/** A value as text: strings as they are, everything else as JSON. */
export function pretty(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value, null, 2) ?? '');
}

/** The first `length` characters, and how many more there are. */
export function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}\n… ${count(text.length - length)} characters more`;
}

/** A message of the service as a sentence begins. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
