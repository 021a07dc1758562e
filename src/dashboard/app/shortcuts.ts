/** Single keys that do something, where nothing is being typed. They can be turned off, as some tools for speaking type by themselves. */
import { useEffect, useRef } from 'react';
import { hasShortcuts } from './preferences.js';

export type Shortcuts = Record<string, (() => void) | undefined>;

const PREFIX = 'g';
/** Milliseconds within which the second key of two has to come. */
const SECOND_MS = 1200;
let prefixedAt = -Infinity;
/** The key that is being pressed; behind the first one, where it is the second of two. */
let pressed = '';

/** @param keys By `event.key`, or, of two keys, as `g w`. */
export function useShortcuts(keys: Shortcuts): void {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !hasShortcuts() || takesKeys(event)) return;
      const action = latest.current[pressed];
      if (!action) return;
      event.preventDefault();
      action();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
}

/** Once for the page: remembers the first key of two. It hears of each key before any `useShortcuts` does. */
export function watchPrefix(): void {
  document.addEventListener('keydown', (event) => {
    const { key, timeStamp } = event;
    pressed = timeStamp - prefixedAt < SECOND_MS ? `${PREFIX} ${key}` : key;
    const isFirst = key === PREFIX && !event.ctrlKey && !event.metaKey && !event.altKey && !takesKeys(event);
    prefixedAt = isFirst ? timeStamp : -Infinity;
  }, { capture: true });
}

function takesKeys({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  // One that has just been closed holds the focus until it is gone.
  if (target.closest('dialog[open]')) return true;
  if (key === ' ') return target.matches('button, a, summary, input:not([type=range]), textarea, select');
  return target.isContentEditable || target.matches('textarea, select, input:not([type=checkbox], [type=radio], [type=range], [type=button])');
}
