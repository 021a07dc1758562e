/** Work that a press of a button does: not twice at once, and with its error kept for its place. */
import { useCallback, useEffect, useRef, useState } from 'react';

export interface Work {
  busy: boolean;
  error: Error | undefined;
  run: (work: () => Promise<void>) => void;
  clear: () => void;
}

export function useWork(): Work {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error>();
  const running = useRef(false);
  const run = useCallback((work: () => Promise<void>) => {
    if (running.current) return;
    running.current = true;
    setBusy(true);
    setError(undefined);
    work().catch((thrown: unknown) => setError(thrown instanceof Error ? thrown : new Error(String(thrown)))).finally(() => {
      running.current = false;
      setBusy(false);
    });
  }, []);
  return { busy, error, run, clear: useCallback(() => setError(undefined), []) };
}

/** What a request answers, and again when `key` changes. */
export function useLoaded<T>(key: string, load: (signal: AbortSignal) => Promise<T>): { value: T | undefined; error: Error | undefined; reload: () => void } {
  const [turn, setTurn] = useState(0);
  const [state, setState] = useState<{ key: string; value?: T; error?: Error }>({ key });
  const latest = useRef(load);
  useEffect(() => {
    latest.current = load;
  });
  useEffect(() => {
    const aborter = new AbortController();
    latest.current(aborter.signal).then(
      (value) => setState({ key, value }),
      (error: Error) => aborter.signal.aborted || setState({ key, error }),
    );
    return () => aborter.abort();
  }, [key, turn]);
  const reload = useCallback(() => setTurn((before) => before + 1), []);
  return { value: state.key === key ? state.value : undefined, error: state.key === key ? state.error : undefined, reload };
}
