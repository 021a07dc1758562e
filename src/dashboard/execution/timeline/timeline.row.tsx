import { type StepState } from '../../../contract/state.js';
import { duration } from '../../ui/format.js';
import { placeOn, type TimeScale } from './time.scale.js';
import { type Bar, clip, type TimelineRow } from './timeline.js';

interface RowProps {
  row: TimelineRow;
  index: number;
  /** Pixels. */
  start: number;
  height: number;
  scale: TimeScale;
  /** Up to which event is shown. */
  seq: number;
  step: StepState | undefined;
  who: string | undefined;
  isCurrent: boolean;
  isSelected: boolean;
  /** Undefined where nothing is below it. */
  isOpen: boolean | undefined;
  onToggle: (id: string, open: boolean) => void;
  onSelect: (id: string) => void;
  onFocus: (id: string) => void;
}

/** Bars of one row that are drawn; of more attempts, the latest. */
const SHOWN_BARS = 50;

export function Row({ row, index, start, height, scale, seq, step, who, isCurrent, isSelected, isOpen, onToggle, onSelect, onFocus }: RowProps) {
  const { id, name, type, round, depth } = row;
  const bars = seq === Infinity ? row.bars : clip(row.bars, seq);
  const status = step?.status ?? 'pending';
  const attempts = bars.length;
  const label = `${who ?? name}${round === undefined ? '' : ` [${round}]`}`;
  return (
    <div
      role="row" aria-level={depth + 1} aria-rowindex={index + 1} aria-expanded={isOpen} aria-selected={isSelected} tabIndex={isCurrent ? 0 : -1} data-index={index} data-row={id} data-status={status}
      className="timeline-row" style={{ height, transform: `translateY(${start}px)` }} onFocus={() => onFocus(id)} onClick={() => onSelect(id)}
    >
      <span className="timeline-name" role="gridcell" style={{ paddingInlineStart: `${0.6 + Math.min(depth, 8) * 0.9}rem` }}>
        {isOpen === undefined
          ? <i className="leaf" aria-hidden="true" />
          : (
            <button
              type="button" className="twist" tabIndex={-1} aria-hidden="true" onClick={(event) => {
                event.stopPropagation();
                onToggle(id, !isOpen);
              }}
            >{isOpen ? '▾' : '▸'}
            </button>
          )}
        <i className="dot" aria-hidden="true" />
        <span className="timeline-label" title={id}>{label}</span>
        {type !== 'agent' && <span className="tag">{type === 'iteration' ? 'loop' : type}</span>}
        {attempts > 1 && <span className="tag" title={`${attempts} attempts`}>×{attempts}</span>}
        <span className="unseen">{status}{attempts > 1 ? `, ${attempts} attempts` : ''}</span>
      </span>
      <span className="timeline-track" role="gridcell">
        {bars.slice(-SHOWN_BARS).map((bar) => <BarView key={bar.startSeq} bar={bar} scale={scale} isComposite={isOpen !== undefined || row.children.length > 0} isWaiting={status === 'waiting'} />)}
      </span>
    </div>
  );
}

function BarView({ bar, scale, isComposite, isWaiting }: { bar: Bar; scale: TimeScale; isComposite: boolean; isWaiting: boolean }) {
  const { startMs, endMs, status, attempt, waits } = bar;
  const ms = (endMs ?? Math.max(scale.nowMs, startMs)) - startMs;
  return (
    <>
      <i className="bar" data-bar={status === 'running' && isWaiting ? 'waiting' : status} data-composite={isComposite} style={placeOn(scale, startMs, endMs)} title={`Attempt ${attempt}: ${status}, ${duration(ms)}`}><span>{duration(ms)}</span></i>
      {waits.map((wait) => <i key={wait.startSeq} className="bar wait" data-bar="waiting" style={placeOn(scale, wait.startMs, wait.endMs ?? endMs)} />)}
    </>
  );
}
