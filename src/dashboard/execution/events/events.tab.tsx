/** Every event of the log, as a table of which as much is drawn as fits; one of them in full beside it. */
import { type KeyboardEvent, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import { EVENT_TYPES, type EventType, type ExecutionEvent } from '../../../contract/events.js';
import { type JsonValue } from '../../../contract/json.js';
import { useShortcuts } from '../../app/shortcuts.js';
import { clock, count, plural } from '../../ui/format.js';
import { JsonView } from '../../ui/json-view.js';
import { Empty } from '../../ui/parts.js';
import { useRows } from '../../ui/use-rows.js';
import { type TabProps } from '../tab.props.js';
import { EventSieve, summaryOf } from './events.filter.js';

const ROW = 30;
const OVERSCAN = 10;
/** Characters of a line. */
const LINE = 300;
const AT_END = 3 * ROW;

export function EventsTab({ model, length, isLive }: TabProps) {
  const [types, setTypes] = useState<ReadonlySet<EventType>>(new Set());
  const [step, setStep] = useState('');
  const [search, setSearch] = useState('');
  const text = useDeferredValue(search.trim().toLowerCase());
  const [open, setOpen] = useState<number>();
  const sieve = useMemo(() => new EventSieve(model.events, { types, step: step.trim(), text }), [model, types, step, text]);
  const places = sieve.upTo(length);
  const shown = open === undefined ? undefined : model.events[open];
  useShortcuts({ Escape: open === undefined ? undefined : () => setOpen(undefined) });
  return (
    <section className="card events" aria-label="Events">
      <div className="filters" role="search" aria-label="Filter events">
        <input type="search" aria-label="Search events" placeholder="Search" value={search} onChange={(event) => setSearch(event.target.value)} />
        <input type="search" aria-label="Step" placeholder="Step" list="event-steps" value={step} onChange={(event) => setStep(event.target.value)} />
        <StepNames model={model} />
        <TypeFilter types={types} onChange={setTypes} />
        <span className="hint push" role="status">{places.length === length ? plural(length, 'event') : `${count(places.length)} of ${plural(length, 'event')}`}</span>
      </div>
      <div className="events-body" data-open={shown !== undefined}>
        {places.length === 0 ? <Empty title={length === 0 ? 'No events yet' : 'No event fits'} /> : <EventTable events={model.events} places={places} total={places.length} open={open} onOpen={setOpen} follows={isLive} />}
        {shown && (
          <aside className="event-detail" aria-label={`Event ${shown.seq}`}>
            <header className="row"><h2>{shown.seq} · {shown.type}</h2><button type="button" className="quiet icon push" aria-label="Close the event" onClick={() => setOpen(undefined)}>✕</button></header>
            {shown.message !== undefined && <p>{shown.message}</p>}
            <JsonView key={shown.seq} value={shown as unknown as JsonValue} label={`Event ${shown.seq} as JSON`} />
          </aside>
        )}
      </div>
    </section>
  );
}

const SUGGESTED_STEPS = 300;

function StepNames({ model }: Pick<TabProps, 'model'>) {
  const names = Object.keys(model.store.getSnapshot().state.steps).slice(0, SUGGESTED_STEPS);
  return <datalist id="event-steps">{names.map((id) => <option key={id} value={id} />)}</datalist>;
}

function TypeFilter({ types, onChange }: { types: ReadonlySet<EventType>; onChange: (types: ReadonlySet<EventType>) => void }) {
  const toggle = (type: EventType, on: boolean) => onChange(new Set(on ? [...types, type] : [...types].filter((other) => other !== type)));
  return (
    <details className="menu">
      <summary>Types{types.size > 0 && <span className="badge">{types.size}</span>}</summary>
      <div className="menu-box">
        {types.size > 0 && <button type="button" className="quiet small" onClick={() => onChange(new Set())}>All types</button>}
        {EVENT_TYPES.map((type) => <label key={type} className="check"><input type="checkbox" checked={types.has(type)} onChange={(event) => toggle(type, event.target.checked)} />{type}</label>)}
      </div>
    </details>
  );
}

interface TableProps {
  events: readonly ExecutionEvent[];
  places: readonly number[];
  total: number;
  open: number | undefined;
  onOpen: (place: number) => void;
  /** Whether a reader at the end stays there. */
  follows: boolean;
}

function EventTable({ events, places, total, open, onOpen, follows }: TableProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(follows);
  const [marked, setMarked] = useState<number>();
  const { virtual, goTo } = useRows({ scroller, count: total, height: ROW, overscan: OVERSCAN, marked, keyOf: (i) => places[i] ?? i });
  const items = virtual.getVirtualItems();
  const at = Math.min(marked ?? total - 1, total - 1);
  useEffect(() => {
    if (follows && isAtEnd.current && open === undefined && total > 0) virtual.scrollToIndex(total - 1, { align: 'end' });
  }, [total, follows, open, virtual]);
  const onScroll = () => {
    const { current } = scroller;
    if (current) isAtEnd.current = current.scrollHeight - current.scrollTop - current.clientHeight < AT_END;
  };
  const moveTo = (index: number) => {
    const to = Math.max(0, Math.min(total - 1, index));
    setMarked(to);
    isAtEnd.current = to === total - 1;
    if (open !== undefined) onOpen(places[to] as number);
    goTo(to);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      return onOpen(places[at] as number);
    }
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + 15, PageUp: at - 15, Home: 0, End: total - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    moveTo(to);
  };
  return (
    <div ref={scroller} className="scroller event-scroller" onScroll={onScroll} onKeyDown={onKey}>
      <div role="grid" aria-label="Events" aria-rowcount={total} style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {items.map(({ index, start }) => {
          const place = places[index] as number;
          const event = events[place];
          if (!event) return null;
          const { seq, type, timestamp, step } = event;
          return (
            <div
              key={seq} role="row" className="event-row" aria-rowindex={index + 1} aria-selected={place === open} tabIndex={index === at ? 0 : -1} data-index={index} data-seq={seq} data-type={type}
              style={{ height: ROW, transform: `translateY(${start}px)` }} onFocus={() => setMarked(index)} onClick={() => onOpen(place)}
            >
              <span role="gridcell" className="number seq">{seq}</span>
              <time role="gridcell" className="number" dateTime={timestamp}>{clock(timestamp)}</time>
              <b role="gridcell">{type}</b>
              <span role="gridcell" className="event-step">{step?.id ?? ''}</span>
              <span role="gridcell" className="event-text">{summaryOf(event).slice(0, LINE)}</span>
            </div>
          );
        })}
      </div>
    </div>
  );
}
