/** One polite live region for the whole page: what is seen changing is said, too. */
import { useSyncExternalStore } from 'react';

let text = '';
const listeners = new Set<() => void>();

export function announce(news: string): void {
  text = news;
  for (const listener of [...listeners]) listener();
}

export function Announcer() {
  const said = useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, () => text);
  return <p id="announcer" className="unseen" role="status">{said}</p>;
}
