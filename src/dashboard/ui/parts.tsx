/** Small parts that all views are made of. Whatever comes from an execution goes in as text. */
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { RequestError } from '../../client/client.error.js';
import { type Fault } from '../../contract/errors.js';
import { type StepStatus } from '../../contract/events.js';
import { type ExecutionStatus } from '../../contract/state.js';
import { sentence } from './format.js';

export function Chip({ status, children }: { status: StepStatus | ExecutionStatus; children?: ReactNode }) {
  return <span className="chip" data-status={status}><i aria-hidden="true" className="dot" />{children ?? status}</span>;
}

export function Progress({ value, status, label }: { value: number; status: ExecutionStatus; label: string }) {
  const percent = Math.floor(value * 100);
  return (
    <div className="progress" role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={percent} data-status={status}>
      <div style={{ width: `${value * 100}%` }} />
    </div>
  );
}

/** What went wrong, in its place; nothing where nothing did. Faults that a field shows itself are left out, and a single one that the message has told. */
export function Failure({ error, isShown = () => false }: { error: Error | undefined | null; isShown?: (fault: Fault) => boolean }) {
  if (!error) return null;
  const faults = error instanceof RequestError ? error.errors.filter((fault) => !isShown(fault)) : [];
  return (
    <div className="failure" role="alert">
      {sentence(error.message)}
      {faults.length > 0 && !isTold(error.message, faults) && <ul>{faults.map(({ path, message }) => <li key={`${path} ${message}`}>{path !== '' && <code>{path}</code>} {message}</li>)}</ul>}
    </div>
  );
}

function isTold(message: string, faults: readonly Fault[]): boolean {
  const [fault] = faults;
  return faults.length === 1 && fault !== undefined && message.includes(fault.path) && message.includes(fault.message);
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return <div className="empty"><p className="empty-title">{title}</p>{children}</div>;
}

export function CopyButton({ text, label = 'Copy' }: { text: () => string; label?: string }) {
  const [done, setDone] = useState<'copied' | 'refused'>();
  useEffect(() => {
    if (done === undefined) return;
    const timer = setTimeout(() => setDone(undefined), 1600);
    return () => clearTimeout(timer);
  }, [done]);
  const copy = () => void copyText(text()).then((well) => setDone(well ? 'copied' : 'refused'));
  return <button type="button" className="quiet small" onClick={copy}><span aria-live="polite">{done === 'copied' ? 'Copied' : done === 'refused' ? 'Not allowed' : label}</span></button>;
}

/** The clipboard is there only on pages that came by https or from one's own machine. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** A modal dialog of the browser's own: it keeps the focus inside and gives it back. */
export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null);
  // Closed while it is still there: what is gone gives no focus back.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby="dialog-title" onClose={onClose} onClick={(event) => event.target === dialog.current && onClose()}>
      <div className="dialog">
        <header className="row"><h2 id="dialog-title">{title}</h2><button type="button" className="quiet icon push" aria-label="Close" onClick={onClose}>✕</button></header>
        {children}
      </div>
    </dialog>
  );
}
