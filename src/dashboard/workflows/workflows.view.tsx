/** The workflows that one may start, and the form of the one that is chosen. */
import { type KeyboardEvent, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import { type WorkflowSummary } from '../../contract/api.js';
import { useStepcastClient } from '../../react/stepcast.context.js';
import { hrefOf, navigate } from '../app/router.js';
import { Empty, Failure } from '../ui/parts.js';
import { useLoaded } from '../ui/use-work.js';
import { StartPanel } from './start.panel.js';

export function WorkflowsView({ name }: { name: string | undefined }) {
  const client = useStepcastClient();
  const { value: workflows, error, reload } = useLoaded('workflows', (signal) => client.workflows({ signal }));
  const [search, setSearch] = useState('');
  const wanted = useDeferredValue(search.trim().toLowerCase());
  const shown = useMemo(() => (workflows ?? []).filter(({ name: own, description }) => `${own} ${description ?? ''}`.toLowerCase().includes(wanted)), [workflows, wanted]);
  const chosen = workflows?.find((workflow) => workflow.name === (name ?? workflows[0]?.name));
  useEffect(() => {
    document.title = name === undefined ? 'Workflows · Stepcast' : `${name} · Workflows · Stepcast`;
  }, [name]);
  return (
    <div className="split" data-open={name !== undefined && workflows !== undefined}>
      <section className="card list-pane" aria-labelledby="workflows-title">
        <header className="pane-head">
          <h1 id="workflows-title">Workflows</h1>
          <a className="button small push" href={hrefOf({ view: 'own' })}>Run your own</a>
        </header>
        <input type="search" aria-label="Search workflows" placeholder="Search" value={search} onChange={(event) => setSearch(event.target.value)} />
        <Failure error={error} />
        {error && <button type="button" className="quiet small" onClick={reload}>Try again</button>}
        {!workflows && !error && <p className="loading" role="status">Loading …</p>}
        {workflows && shown.length === 0 && <Empty title="No workflow fits" />}
        <WorkflowList workflows={shown} chosen={chosen?.name} />
      </section>
      {workflows && (
        <section className="card pad detail-pane" aria-label="Start a workflow">
          <a className="back narrow-only" href={hrefOf({ view: 'workflows', name: undefined })}>← All workflows</a>
          {chosen ? <StartPanel key={chosen.name} workflow={chosen} onDeleted={reload} /> : <Empty title={name === undefined ? 'No workflows yet' : `There is no workflow ${name}`} />}
        </section>
      )}
    </div>
  );
}

/** One of the links is reached by Tab, the others by the arrows. */
function WorkflowList({ workflows, chosen }: { workflows: readonly WorkflowSummary[]; chosen: string | undefined }) {
  const list = useRef<HTMLUListElement>(null);
  const [at, setAt] = useState<string>();
  const current = workflows.some(({ name }) => name === at) ? at : (workflows.find(({ name }) => name === chosen) ?? workflows[0])?.name;
  const onKey = (event: KeyboardEvent) => {
    const i = workflows.findIndex(({ name }) => name === current);
    const to = { ArrowDown: Math.min(workflows.length - 1, i + 1), ArrowUp: Math.max(0, i - 1), Home: 0, End: workflows.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    setAt(workflows[to]?.name);
    list.current?.querySelectorAll('a')[to]?.focus();
  };
  return (
    <ul ref={list} className="plain rows" onKeyDown={onKey}>
      {workflows.map(({ name, description, origin }) => (
        <li key={name}>
          <a
            href={hrefOf({ view: 'workflows', name })} tabIndex={name === current ? 0 : -1} aria-current={name === chosen ? 'true' : undefined} onFocus={() => setAt(name)} onClick={(event) => {
              if (event.metaKey || event.ctrlKey) return;
              event.preventDefault();
              navigate({ view: 'workflows', name });
            }}
          >
            <b>{name}{origin === 'stored' && <span className="tag">stored</span>}</b>
            {description !== null && <span className="hint">{description}</span>}
          </a>
        </li>
      ))}
    </ul>
  );
}
