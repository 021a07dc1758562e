/** The live list of executions: filters, and as many rows drawn as fit. */
import { type KeyboardEvent, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { type ExecutionSummary } from '../../contract/api.js';
import { EXECUTION_STATUSES, type ExecutionStatus, FINISHED_STATUSES } from '../../contract/state.js';
import { useStepcastClient } from '../../react/stepcast.context.js';
import { type ExecutionFilter, hrefOf, navigate } from '../app/router.js';
import { useSession } from '../app/session.js';
import { ConnectionNote } from '../ui/connection.note.js';
import { ago, count, duration, moment, percent } from '../ui/format.js';
import { Chip, Empty, Failure } from '../ui/parts.js';
import { useNow } from '../ui/use-now.js';
import { useRows } from '../ui/use-rows.js';
import { ExecutionFeed } from './execution.feed.js';

const ROW = 44;
const OVERSCAN = 8;

export function ExecutionsView({ filter }: { filter: ExecutionFilter }) {
  const client = useStepcastClient();
  const { status, workflow, sessionId } = filter;
  const feed = useMemo(() => new ExecutionFeed(client, { ...(status ? { status } : {}), ...(workflow ? { workflow } : {}), ...(sessionId ? { sessionId } : {}) }), [client, status, workflow, sessionId]);
  const { rows, hasMore, isLoading, error, connection } = useSyncExternalStore(feed.subscribe, feed.getSnapshot);
  useEffect(() => {
    document.title = 'Executions · Stepcast';
  }, []);
  return (
    <section className="card list-card" aria-labelledby="executions-title">
      <header className="pane-head">
        <h1 id="executions-title">Executions</h1>
        <span className="hint">{count(rows.length)}{hasMore ? '+' : ''}</span>
        <ConnectionNote connection={connection} />
      </header>
      <Filters filter={filter} />
      <Failure error={error} />
      {rows.length > 0
        ? <Rows rows={rows} hasMore={hasMore} isLoading={isLoading} loadMore={feed.loadMore} />
        : isLoading
          ? <p className="loading" role="status">Loading …</p>
          : !error && <Empty title={Object.keys(filter).length ? 'No execution fits' : 'No executions yet'}>{Object.keys(filter).length === 0 && <p><a href={hrefOf({ view: 'workflows', name: undefined })}>Start a workflow</a> and see it here.</p>}</Empty>}
    </section>
  );
}

function Filters({ filter }: { filter: ExecutionFilter }) {
  const [workflow, setWorkflow] = useState(filter.workflow ?? '');
  const [session, setSession] = useState(filter.sessionId ?? '');
  const apply = (change: { [name in keyof ExecutionFilter]: ExecutionFilter[name] | undefined }) => {
    const next = Object.fromEntries(Object.entries({ ...filter, ...change }).filter(([, value]) => value)) as ExecutionFilter;
    navigate({ view: 'executions', filter: next }, { replace: true });
  };
  return (
    <form
      className="filters" role="search" aria-label="Filter executions" onSubmit={(event) => {
        event.preventDefault();
        apply({ workflow: workflow.trim(), sessionId: session.trim() });
      }}
    >
      <label className="filter">Status
        <select value={filter.status ?? ''} onChange={({ target }) => apply({ status: target.value as ExecutionStatus })}>
          <option value="">All</option>
          {EXECUTION_STATUSES.map((name) => <option key={name}>{name}</option>)}
        </select>
      </label>
      <label className="filter">Workflow<input type="search" value={workflow} onChange={({ target }) => setWorkflow(target.value)} onBlur={() => apply({ workflow: workflow.trim() })} /></label>
      <label className="filter">Session<input type="search" value={session} onChange={({ target }) => setSession(target.value)} onBlur={() => apply({ sessionId: session.trim() })} /></label>
      <button type="submit" className="unseen-until-focus quiet small">Apply</button>
      {Object.keys(filter).length > 0 && (
        <button
          type="button" className="quiet small" onClick={() => {
            setWorkflow('');
            setSession('');
            navigate({ view: 'executions', filter: {} }, { replace: true });
          }}
        >Clear
        </button>
      )}
    </form>
  );
}

function Rows({ rows, hasMore, isLoading, loadMore }: { rows: readonly ExecutionSummary[]; hasMore: boolean; isLoading: boolean; loadMore: () => void }) {
  const scroller = useRef<HTMLDivElement>(null);
  const [marked, setMarked] = useState<string>();
  const place = rows.findIndex(({ id }) => id === marked);
  const { virtual, goTo } = useRows({ scroller, count: rows.length, height: ROW, overscan: OVERSCAN, marked: place < 0 ? undefined : place, keyOf: (i) => rows[i]?.id ?? i });
  const items = virtual.getVirtualItems();
  const last = virtual.range?.endIndex ?? 0;
  const at = Math.max(0, place);
  const isMoving = rows.some(({ status }) => !FINISHED_STATUSES.has(status));
  const { clock } = useSession();
  const now = useNow(true, isMoving ? 1000 : 10_000) - clock.aheadMs;
  useEffect(() => {
    if (last >= rows.length - OVERSCAN && hasMore && !isLoading) loadMore();
  }, [last, rows.length, hasMore, isLoading, loadMore]);
  const moveTo = (index: number) => {
    const row = rows[index];
    if (!row) return;
    setMarked(row.id);
    goTo(index);
  };
  const onKey = (event: KeyboardEvent) => {
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + 10, PageUp: at - 10, Home: 0, End: rows.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    moveTo(Math.max(0, Math.min(rows.length - 1, to)));
  };
  return (
    <>
      <div className="columns-head execution-columns" aria-hidden="true"><span>Status</span><span>Workflow</span><span>Progress</span><span>Duration</span><span>Started</span></div>
      <div ref={scroller} className="scroller executions" onKeyDown={onKey} role="list" aria-label="Executions">
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {items.map(({ index, start }) => {
            const row = rows[index];
            return row && <Row key={row.id} row={row} index={index} total={hasMore ? -1 : rows.length} start={start} now={now} isCurrent={index === at} onFocus={setMarked} />;
          })}
        </div>
      </div>
      {hasMore && <p className="row foot"><button type="button" className="quiet small" aria-disabled={isLoading} onClick={loadMore}>{isLoading ? 'Loading …' : 'Load more'}</button></p>}
    </>
  );
}

interface RowProps {
  row: ExecutionSummary;
  index: number;
  total: number;
  start: number;
  now: number;
  isCurrent: boolean;
  onFocus: (id: string) => void;
}

function Row({ row, index, total, start, now, isCurrent, onFocus }: RowProps) {
  const { id, workflow, status, queuePosition, progress, error, startedAt, finishedAt, createdAt, user, sessionId } = row;
  const ms = startedAt === null ? undefined : (finishedAt === null ? now : Date.parse(finishedAt)) - Date.parse(startedAt);
  return (
    <div className="virtual-row" role="listitem" aria-posinset={index + 1} aria-setsize={total} style={{ height: ROW, transform: `translateY(${start}px)` }}>
      <a className="execution-columns row-link" href={hrefOf({ view: 'execution', id, tab: 'timeline' })} data-index={index} data-id={id} data-status={status} tabIndex={isCurrent ? 0 : -1} onFocus={() => onFocus(id)}>
        <span><Chip status={status}>{status === 'queued' && queuePosition !== null ? `queued, ${queuePosition}.` : status}</Chip></span>
        <span className="cell-main"><b>{workflow}</b><span className="hint">{error ? error.message : [id.slice(0, 8), sessionId, user].filter(Boolean).join(' · ')}</span></span>
        <span className="cell-progress"><span className="mini" data-status={status}><i style={{ width: `${progress * 100}%` }} /></span><span className="number">{percent(progress)}</span></span>
        <span className="number">{ms === undefined ? '—' : duration(Math.max(0, ms))}</span>
        <time className="number" dateTime={createdAt} title={moment(createdAt)}>{ago(now - Date.parse(createdAt))}</time>
      </a>
    </div>
  );
}
