/** Tabs by the pattern of the ARIA guide: one of them is reached by Tab, the others by the arrows. */
import { type KeyboardEvent, type ReactNode } from 'react';

export interface TabItem<T extends string> {
  id: T;
  label: ReactNode;
}

export function Tabs<T extends string>({ items, selected, onSelect, label }: { items: readonly TabItem<T>[]; selected: T; onSelect: (id: T) => void; label: string }) {
  const onKey = (event: KeyboardEvent<HTMLDivElement>) => {
    const at = items.findIndex(({ id }) => id === selected);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const item = items[(to + items.length) % items.length];
    if (!item) return;
    onSelect(item.id);
    document.getElementById(`tab-${item.id}`)?.focus();
  };
  return (
    <div className="tabs" role="tablist" aria-label={label} onKeyDown={onKey}>
      {items.map(({ id, label: text }) => (
        <button key={id} id={`tab-${id}`} type="button" role="tab" aria-selected={id === selected} aria-controls="tab-panel" tabIndex={id === selected ? 0 : -1} onClick={() => onSelect(id)}>
          {text}
        </button>
      ))}
    </div>
  );
}

export function TabPanel({ selected, children }: { selected: string; children: ReactNode }) {
  return <div id="tab-panel" className="tab-panel" role="tabpanel" aria-labelledby={`tab-${selected}`} tabIndex={-1}>{children}</div>;
}
