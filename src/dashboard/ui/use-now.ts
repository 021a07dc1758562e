import { useEffect, useState } from 'react';

const CALM_MS = 1000;

/** The clock, while something runs by it. @param ms How often it is looked at; once a second for those who want less motion. */
export function useNow(runs: boolean, ms = 250): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!runs) return;
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const timer = setInterval(() => setNow(Date.now()), calm ? Math.max(CALM_MS, ms) : ms);
    return () => clearInterval(timer);
  }, [runs, ms]);
  return now;
}
