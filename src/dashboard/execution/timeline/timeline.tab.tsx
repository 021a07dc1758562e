/** The Gantt of an execution: a tree of steps at the left, their bars at the right, as many rows drawn as fit. */
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { FINISHED_STATUSES } from '../../../contract/state.js';
import { useShortcuts } from '../../app/shortcuts.js';
import { Empty } from '../../ui/parts.js';
import { useNow } from '../../ui/use-now.js';
import { useRows } from '../../ui/use-rows.js';
import { type TabProps } from '../tab.props.js';
import { tickLabel, ticksOf, type TimeScale } from './time.scale.js';
import { type TimelineRow, visibleRows } from './timeline.js';
import { Row } from './timeline.row.js';

const ROW = 32;
const OVERSCAN = 6;
const TICK_MS = 100;
const MAX_ZOOM = 64;
/** Pixels between two marks of the time. */
const TICK_PX = 110;

export function TimelineTab({ model, state, length, isLive, selected, onSelect }: TabProps) {
  const { timeline } = model;
  const scroller = useRef<HTMLDivElement>(null);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [marked, setMarked] = useState<string>();
  const [zoom, setZoom] = useState(1);
  const width = useWidth(scroller);
  const goesOn = isLive && !FINISHED_STATUSES.has(state.status) && state.startedAt !== null;
  const now = useNow(goesOn, TICK_MS);
  const seq = isLive ? Infinity : length;
  const rows = useMemo(() => visibleRows(timeline.roots, closed, seq), [timeline, timeline.size, closed, seq]);
  const endMs = isLive ? (goesOn ? Math.max(timeline.endMs, model.serviceTime(now)) : timeline.endMs) : model.replay.timeAt(length);
  const spanMs = Math.max(1, (isLive ? endMs : Math.max(endMs, timeline.endMs)) - timeline.startMs);
  const scale: TimeScale = { startMs: timeline.startMs, spanMs, nowMs: endMs };
  const place = rows.findIndex(({ id }) => id === (marked ?? selected));
  const { virtual, goTo } = useRows({ scroller, count: rows.length, height: ROW, overscan: OVERSCAN, marked: place < 0 ? undefined : place, keyOf: (i) => rows[i]?.id ?? i });
  const at = Math.max(0, place);
  const zoomBy = (factor: number) => setZoom((before) => Math.max(1, Math.min(MAX_ZOOM, before * factor)));
  useShortcuts({ '+': () => zoomBy(1.5), '=': () => zoomBy(1.5), '-': () => zoomBy(1 / 1.5), 0: () => setZoom(1) });
  useZoomByWheel(scroller, zoomBy);
  const toggle = (id: string, open: boolean) => setClosed((before) => {
    const next = new Set(before);
    if (open) next.delete(id);
    else next.add(id);
    return next;
  });
  const moveTo = (index: number) => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (!row) return;
    setMarked(row.id);
    goTo(rows.indexOf(row));
  };
  const onKey = (event: KeyboardEvent) => {
    const row = rows[at];
    if (!row || event.ctrlKey || event.metaKey) return;
    const isOpen = row.children.length > 0 && !closed.has(row.id);
    const actions: Record<string, (() => void) | undefined> = {
      ArrowDown: () => moveTo(at + 1), ArrowUp: () => moveTo(at - 1), Home: () => moveTo(0), End: () => moveTo(rows.length - 1), PageDown: () => moveTo(at + 10), PageUp: () => moveTo(at - 10),
      ArrowRight: () => (row.children.length > 0 && !isOpen ? toggle(row.id, true) : moveTo(at + 1)),
      ArrowLeft: () => (isOpen ? toggle(row.id, false) : moveTo(parentIndex(rows, row, at))),
      Enter: () => onSelect(row.id), ' ': () => onSelect(row.id),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  };
  if (rows.length === 0) return <Empty title={state.status === 'queued' && length === 0 ? 'Waiting to run' : 'No step has started'} />;
  return (
    <section className="card timeline" aria-label="Timeline">
      <div className="row timeline-tools">
        <span className="legend" aria-hidden="true"><i data-bar="running" />running<i data-bar="completed" />completed<i data-bar="failed" />failed<i data-bar="cancelled" />cancelled<i data-bar="retried" />tried again<i data-bar="waiting" />waits for a person</span>
        <span className="row push">
          <button type="button" className="quiet icon" aria-label="Zoom out" disabled={zoom <= 1} onClick={() => zoomBy(1 / 1.5)}>−</button>
          <button type="button" className="quiet small" disabled={zoom === 1} onClick={() => setZoom(1)}>Fit</button>
          <button type="button" className="quiet icon" aria-label="Zoom in" disabled={zoom >= MAX_ZOOM} onClick={() => zoomBy(1.5)}>+</button>
        </span>
      </div>
      <div ref={scroller} className="scroller timeline-scroller" onKeyDown={onKey}>
        <div className="timeline-canvas" role="treegrid" aria-label="Steps" aria-rowcount={rows.length} style={{ '--zoom': zoom } as React.CSSProperties}>
          <div className="timeline-axis" aria-hidden="true"><span className="timeline-name" /><span className="timeline-track">{ticksOf(spanMs, Math.max(2, ((width * zoom) / TICK_PX) | 0)).map((ms) => <i key={ms} style={{ left: `${(ms / spanMs) * 100}%` }}>{tickLabel(ms)}</i>)}</span></div>
          <div style={{ height: virtual.getTotalSize(), position: 'relative' }} role="presentation">
            {virtual.getVirtualItems().map(({ index, start }) => {
              const row = rows[index];
              return row && (
                <Row
                  key={row.id} row={row} index={index} start={start} height={ROW} scale={scale} seq={seq} step={state.steps[row.id]} who={model.stageOf(row.name)?.persona}
                  isCurrent={index === at} isSelected={row.id === selected} isOpen={row.children.length === 0 ? undefined : !closed.has(row.id)} onToggle={toggle} onSelect={onSelect} onFocus={setMarked}
                />
              );
            })}
          </div>
        </div>
      </div>
    </section>
  );
}

function parentIndex(rows: readonly TimelineRow[], row: TimelineRow, at: number): number {
  for (let i = at - 1; i >= 0; i--) if ((rows[i] as TimelineRow).depth < row.depth) return i;
  return at;
}

function useWidth(element: React.RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(800);
  const isThere = element.current !== null;
  useEffect(() => {
    if (!element.current) return;
    const observer = new ResizeObserver(([entry]) => entry && setWidth(entry.contentRect.width));
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element, isThere]);
  return width;
}

/** With Ctrl, and by pinching: the wheel alone scrolls. React's own listeners are passive, and could not keep the page from zooming. */
function useZoomByWheel(element: React.RefObject<HTMLElement | null>, zoomBy: (factor: number) => void): void {
  const latest = useRef(zoomBy);
  useEffect(() => {
    latest.current = zoomBy;
  });
  const isThere = element.current !== null;
  useEffect(() => {
    const target = element.current;
    const onWheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      latest.current(Math.exp(-event.deltaY / 300));
    };
    target?.addEventListener('wheel', onWheel, { passive: false });
    return () => target?.removeEventListener('wheel', onWheel);
  }, [element, isThere]);
}
