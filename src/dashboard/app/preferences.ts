/** What one has chosen for this browser: the colours, and whether single keys do something. */
import { useSyncExternalStore } from 'react';

export type Theme = 'system' | 'light' | 'dark';
const THEME = 'stepcast.theme';
const KEYS = 'stepcast.shortcuts';
const listeners = new Set<() => void>();

export function theme(): Theme {
  const stored = localStorage.getItem(THEME);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

export function setTheme(value: Theme): void {
  if (value === 'system') localStorage.removeItem(THEME);
  else localStorage.setItem(THEME, value);
  applyTheme();
  tell();
}

export function applyTheme(): void {
  const chosen = theme();
  if (chosen === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = chosen;
}

export function hasShortcuts(): boolean {
  return localStorage.getItem(KEYS) !== 'off';
}

export function setShortcuts(on: boolean): void {
  if (on) localStorage.removeItem(KEYS);
  else localStorage.setItem(KEYS, 'off');
  tell();
}

export function usePreference<T>(read: () => T): T {
  return useSyncExternalStore(subscribe, read);
}

/** Whether it is dark now, by choice or by the system. */
export function isDark(): boolean {
  const chosen = theme();
  return chosen === 'system' ? matchMedia('(prefers-color-scheme: dark)').matches : chosen === 'dark';
}

function tell(): void {
  for (const listener of [...listeners]) listener();
}

function subscribe(listener: () => void): () => void {
  const media = matchMedia('(prefers-color-scheme: dark)');
  listeners.add(listener);
  media.addEventListener('change', listener);
  return () => {
    listeners.delete(listener);
    media.removeEventListener('change', listener);
  };
}
