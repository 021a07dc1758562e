/** What is wrong with what was filled in: shown, and the first of it led to, as it may be out of sight. */
import { useCallback, useState } from 'react';
import { flushSync } from 'react-dom';
import { type Fault } from '../../contract/errors.js';

export function useFaults(): readonly [faults: readonly Fault[], show: (faults: readonly Fault[]) => void] {
  const [faults, setFaults] = useState<readonly Fault[]>([]);
  const show = useCallback((next: readonly Fault[]) => {
    // There is nothing to lead to before it is drawn.
    flushSync(() => setFaults(next));
    if (next.length === 0) return;
    const form = document.activeElement?.closest('form') ?? document;
    form.querySelector<HTMLElement>('.schema-form [aria-invalid=true]')?.focus();
  }, []);
  return [faults, show];
}
