/** One execution, live or at any moment of its past: its head, what it asks, and the tabs. */
import { Suspense, useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { type ExecutionState, FINISHED_STATUSES } from '../../contract/state.js';
import { useStepcastClient } from '../../react/stepcast.context.js';
import { announce } from '../app/announcer.js';
import { hrefOf, navigate, type Tab, TABS } from '../app/router.js';
import { useSession } from '../app/session.js';
import { useShortcuts } from '../app/shortcuts.js';
import { count } from '../ui/format.js';
import { lazily } from '../ui/lazily.js';
import { Failure } from '../ui/parts.js';
import { TabPanel, Tabs } from '../ui/tabs.js';
import { useLoaded } from '../ui/use-work.js';
import { AnswerForms } from './answer.forms.js';
import { definitionOf } from './definition.of.js';
import { EventsTab } from './events/events.tab.js';
import { ExecutionHead } from './execution.head.js';
import { ExecutionModel } from './execution.model.js';
import { OutputTab } from './output.tab.js';
import { ReplayBar } from './replay.bar.js';
import { ResultTab } from './result.tab.js';
import { StepPanel } from './step.panel.js';
import { type TabProps } from './tab.props.js';
import { TimelineTab } from './timeline/timeline.tab.js';
import '../styles/execution.css';

const GraphTab = lazily(async () => (await import('./graph/graph.tab.js')).GraphTab);

const LABELS: Record<Tab, string> = { timeline: 'Timeline', graph: 'Graph', output: 'Output', events: 'Events', result: 'Result' };
const NEWS: Record<ExecutionState['status'], string> = { queued: 'is queued', running: 'is running', waiting: 'waits for your answer', completed: 'has completed', failed: 'has failed', cancelled: 'was cancelled' };

export function ExecutionView({ id, tab }: { id: string; tab: Tab }) {
  const client = useStepcastClient();
  const { clock } = useSession();
  const model = useMemo(() => new ExecutionModel(client, clock, id), [client, clock, id]);
  const snapshot = useSyncExternalStore(model.store.subscribe, model.store.getSnapshot);
  const [moment, setMoment] = useState<number>();
  const [selected, setSelected] = useState<string>();
  const isLive = moment === undefined;
  const length = moment ?? model.events.length;
  const state = isLive ? snapshot.state : model.replay.at(moment);
  const { status, workflow, progress } = snapshot.state;
  const { value: workflows } = useLoaded('workflows', (signal) => client.workflows({ signal }));
  const { value: definition } = useLoaded(`definition ${id}`, (signal) => definitionOf(client, id, signal));
  const isKnown = workflows?.some(({ name }) => name === workflow) ?? false;
  const isHeardOf = model.events.length > 0 || snapshot.connection.state === 'live' || (definition ?? undefined) !== undefined;
  useTitle(snapshot.state, isHeardOf, id);
  const select = useCallback((stepId: string | undefined) => setSelected(stepId), []);
  const show = useCallback((to: Tab) => navigate({ view: 'execution', id, tab: to }, { replace: true }), [id]);
  const showStep = useCallback((stepId: string) => {
    setSelected(stepId);
    if (tab !== 'timeline' && tab !== 'graph') show('timeline');
  }, [show, tab]);
  const toggleReplay = useCallback(() => setMoment((before) => (before === undefined ? model.events.length : undefined)), [model]);
  useShortcuts({
    ...Object.fromEntries(TABS.map((name, i) => [String(i + 1), () => show(name)])),
    r: model.events.length ? toggleReplay : undefined,
    Escape: selected === undefined ? undefined : () => setSelected(undefined),
  });
  if (snapshot.error && model.events.length === 0) {
    return <section className="card pad stack"><a className="back" href={hrefOf({ view: 'executions', filter: {} })}>← Executions</a><Failure error={snapshot.error} /></section>;
  }
  const props: TabProps = { model, state, length, isLive, definition, selected, onSelect: select };
  return (
    <article className="execution" aria-labelledby="execution-title" data-status={status} data-progress={progress} data-events={model.events.length}>
      <ExecutionHead model={model} state={state} live={snapshot.state} length={length} connection={snapshot.connection} isHeardOf={isHeardOf} isLive={isLive} definition={definition} isKnown={isKnown} onReplay={toggleReplay} onShow={showStep} />
      {FINISHED_STATUSES.has(status) || status === 'queued' || snapshot.status === 'failed' ? null : <AnswerForms id={id} state={snapshot.state} />}
      {snapshot.error && !FINISHED_STATUSES.has(status) && <Failure error={snapshot.error} />}
      {!isHeardOf && <p className="loading" role="status">Loading …</p>}
      {isHeardOf && (
        <>
          <Tabs label={`Views of ${workflow}`} selected={tab} onSelect={show} items={TABS.map((name) => ({ id: name, label: name === 'events' ? <>Events <span className="badge">{count(length)}</span></> : LABELS[name] }))} />
          <div className="execution-body" data-selected={selected !== undefined}>
            <TabPanel selected={tab}>
              <Suspense fallback={<p className="loading" role="status">Loading …</p>}>
                {tab === 'timeline' && <TimelineTab {...props} />}
                {tab === 'graph' && <GraphTab {...props} />}
                {tab === 'output' && <OutputTab {...props} />}
                {tab === 'events' && <EventsTab {...props} />}
                {tab === 'result' && <ResultTab {...props} />}
              </Suspense>
            </TabPanel>
            {selected !== undefined && (tab === 'timeline' || tab === 'graph') && <StepPanel key={selected} {...props} stepId={selected} />}
          </div>
        </>
      )}
      {moment !== undefined && <ReplayBar model={model} moment={moment} total={model.events.length} onMove={setMoment} onLive={() => setMoment(undefined)} />}
    </article>
  );
}

/** What a tab in the background shows, and what is said aloud when the status is another one. */
function useTitle({ status, progress, workflow }: ExecutionState, isHeardOf: boolean, id: string): void {
  const percent = Math.floor(progress * 100);
  useEffect(() => {
    document.title = isHeardOf ? `${status === 'running' ? `${percent} %` : status} · ${workflow || 'Execution'} · Stepcast` : `Execution ${id.slice(0, 8)} · Stepcast`;
  }, [status, percent, workflow, isHeardOf, id]);
  const before = useRef(status);
  useEffect(() => {
    if (before.current !== status) announce(`${workflow} ${NEWS[status]}`);
    before.current = status;
  }, [status, workflow]);
}
