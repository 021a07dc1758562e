/**
 * Where one is: in the part of the address behind `#`, so that reloading, going back and opening a second tab work, below any
 * path and without a word to the server. The key is never in it.
 */
import { useSyncExternalStore } from 'react';
import { EXECUTION_STATUSES, type ExecutionStatus } from '../../contract/state.js';

export const TABS = ['timeline', 'graph', 'output', 'events', 'result'] as const;
export type Tab = (typeof TABS)[number];

export interface ExecutionFilter {
  status?: ExecutionStatus;
  workflow?: string;
  sessionId?: string;
}

export type Route =
  | { view: 'workflows'; name: string | undefined }
  | { view: 'own' }
  | { view: 'executions'; filter: ExecutionFilter }
  | { view: 'execution'; id: string; tab: Tab }
  | { view: 'system' }
  | { view: 'unknown'; path: string };

/** As links of before had it: `#<id>`. */
const BARE_ID = /^[\w-]{20,64}$/;

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [first = '', second = '', third = ''] = path.split('/').map(decode);
  switch (first) {
    case 'workflows':
      return { view: 'workflows', name: second === '' ? undefined : second };
    case 'own':
      return { view: 'own' };
    case 'executions':
      return second === '' ? { view: 'executions', filter: filterOf(new URLSearchParams(query)) } : { view: 'execution', id: second, tab: TABS.find((tab) => tab === third) ?? 'timeline' };
    case 'system':
      return { view: 'system' };
    case '':
      return { view: 'workflows', name: undefined };
    default:
      return BARE_ID.test(first) ? { view: 'execution', id: first, tab: 'timeline' } : { view: 'unknown', path };
  }
}

export function hrefOf(route: Route): string {
  switch (route.view) {
    case 'workflows':
      return route.name === undefined ? '#/workflows' : `#/workflows/${encodeURIComponent(route.name)}`;
    case 'executions': {
      const query = new URLSearchParams(Object.entries(route.filter).filter(([, value]) => value !== undefined && value !== '') as [string, string][]).toString();
      return query === '' ? '#/executions' : `#/executions?${query}`;
    }
    case 'execution':
      return `#/executions/${encodeURIComponent(route.id)}${route.tab === 'timeline' ? '' : `/${route.tab}`}`;
    case 'unknown':
      return `#/${route.path}`;
    default:
      return `#/${route.view}`;
  }
}

/** @param replace Whether going back passes it by: for a change of what is shown of the same thing. */
export function navigate(route: Route, { replace = false } = {}): void {
  const href = hrefOf(route);
  if (location.hash === href) return;
  if (replace) history.replaceState(null, '', href);
  else history.pushState(null, '', href);
  window.dispatchEvent(new Event('hashchange'));
}

export function useRoute(): Route {
  const hash = useSyncExternalStore(subscribe, () => location.hash);
  return parseRoute(hash);
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener);
  window.addEventListener('popstate', listener);
  return () => {
    window.removeEventListener('hashchange', listener);
    window.removeEventListener('popstate', listener);
  };
}

function filterOf(query: URLSearchParams): ExecutionFilter {
  const status = EXECUTION_STATUSES.find((name) => name === query.get('status'));
  const workflow = query.get('workflow');
  const sessionId = query.get('sessionId');
  return { ...(status ? { status } : {}), ...(workflow ? { workflow } : {}), ...(sessionId ? { sessionId } : {}) };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
