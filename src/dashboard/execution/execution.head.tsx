/** The head of an execution: how it stands, how long, what it has cost, and what can be done with it. */
import { useState } from 'react';
import { RequestError } from '../../client/client.error.js';
import { type Connection } from '../../client/follow.js';
import { type ExecutionDefinition } from '../../contract/api.js';
import { type ExecutionState, FINISHED_STATUSES } from '../../contract/state.js';
import { useStepcastClient } from '../../react/stepcast.context.js';
import { hrefOf, navigate } from '../app/router.js';
import { useShortcuts } from '../app/shortcuts.js';
import { ConnectionNote } from '../ui/connection.note.js';
import { count, duration, moment, money, percent, plural } from '../ui/format.js';
import { Chip, CopyButton, Dialog, Failure, Progress } from '../ui/parts.js';
import { useNow } from '../ui/use-now.js';
import { useWork } from '../ui/use-work.js';
import { prefill, prefillOwn } from '../workflows/prefill.js';
import { useStart } from '../workflows/use-start.js';
import { definitionOf } from './definition.of.js';
import { type ExecutionModel } from './execution.model.js';
import { Outcome } from './outcome.js';

interface HeadProps {
  model: ExecutionModel;
  /** At the moment that is shown. */
  state: ExecutionState;
  live: ExecutionState;
  /** How many events have happened at the moment that is shown. */
  length: number;
  connection: Connection;
  /** Whether the service has told of it: until then it is not even queued. */
  isHeardOf: boolean;
  isLive: boolean;
  /** What it runs: undefined as long as that is not known, null where nobody can tell any more. */
  definition: ExecutionDefinition | null | undefined;
  /** Whether a workflow of its name may be started now. */
  isKnown: boolean;
  onReplay: () => void;
  /** Shows a step, where steps are shown. */
  onShow: (stepId: string) => void;
}

export function ExecutionHead({ model, state, live, length, connection, isHeardOf, isLive, definition, isKnown, onReplay, onShow }: HeadProps) {
  const client = useStepcastClient();
  const start = useStart(client);
  const [asks, setAsks] = useState(false);
  const { busy, error, run } = useWork();
  const isFinished = FINISHED_STATUSES.has(live.status);
  // What was given with the start may have nothing but its name in common with what is stored under it.
  const isEditable = definition?.origin === 'given' || (isKnown && definition !== undefined && definition?.origin !== 'built');
  const { workflow, status, progress } = state;
  useShortcuts({ c: isFinished || !isHeardOf ? undefined : () => setAsks(true) });
  const cancel = () => {
    setAsks(false);
    run(async () => {
      await client.cancel(model.id);
    });
  };
  const again = () => run(async () => {
    const ran = definition === undefined ? await definitionOf(client, model.id) : definition;
    try {
      const { id } = await start(ran?.origin === 'given' ? ran.workflow : live.workflow, model.input, live.sessionId ?? undefined);
      navigate({ view: 'execution', id, tab: 'timeline' });
    } catch (refused) {
      if (refused instanceof RequestError && refused.status === 404) throw new Error(`No workflow is called ${live.workflow} any more.`, { cause: refused });
      throw refused;
    }
  });
  const edit = () => {
    if (definition?.origin === 'given') {
      prefillOwn(definition.workflow, model.input ?? null);
      return navigate({ view: 'own' });
    }
    prefill(live.workflow, model.input ?? null);
    navigate({ view: 'workflows', name: live.workflow });
  };
  return (
    <header className="card pad head">
      <a className="back" href={hrefOf({ view: 'executions', filter: {} })}>← Executions</a>
      <div className="row head-line">
        <h1 id="execution-title" tabIndex={-1}>{workflow || 'Execution'}</h1>
        <span id="status">{isHeardOf && <Chip status={status} />}</span>
        {isLive ? <ConnectionNote connection={connection} /> : <span className="tag">replay</span>}
        <span className="row push actions">
          {model.events.length > 0 && <button type="button" className="quiet" aria-pressed={!isLive} onClick={onReplay}>{isLive ? 'Replay' : 'Live'}</button>}
          {model.input !== undefined && definition?.origin !== 'built' && <button type="button" className="quiet" aria-disabled={busy} onClick={again}>Run again</button>}
          {model.input !== undefined && isEditable && <button type="button" className="quiet" onClick={edit}>Edit input</button>}
          {!isFinished && isHeardOf && <button id="cancel" type="button" className="danger" aria-disabled={busy} onClick={() => setAsks(true)}>Cancel</button>}
        </span>
      </div>
      <Progress value={progress} status={status} label={`Progress of ${workflow}`} />
      <Outcome model={model} state={state} length={length} onShow={onShow} />
      <Facts model={model} state={state} isLive={isLive} />
      <Failure error={error} />
      {asks && (
        <Dialog title="Cancel this execution?" onClose={() => setAsks(false)}>
          <p>Nothing new starts any more, and what runs is told to stop. That cannot be undone.</p>
          <p className="row"><button type="button" className="danger" autoFocus onClick={cancel}>Cancel it</button><button type="button" className="quiet" onClick={() => setAsks(false)}>Let it run</button></p>
        </Dialog>
      )}
    </header>
  );
}

function Facts({ model, state, isLive }: { model: ExecutionModel; state: ExecutionState; isLive: boolean }) {
  const { startedAt, finishedAt, usage, lastSeq, sessionId, progress, queuePosition } = state;
  const goesOn = isLive && startedAt !== null && finishedAt === null;
  const now = useNow(goesOn);
  const until = finishedAt !== null ? Date.parse(finishedAt) : isLive ? model.serviceTime(now) : model.replay.timeAt(lastSeq);
  const { plan } = model;
  const facts: [string, React.ReactNode][] = [['Progress', <b key="p" className="number">{percent(progress)}</b>]];
  if (queuePosition !== null) facts.push(['In line', count(queuePosition)]);
  if (startedAt !== null) facts.push(['Elapsed', <b key="e" className="number">{duration(Math.max(0, until - Date.parse(startedAt)))}</b>]);
  if (plan?.estimatedMs !== undefined) facts.push(['Estimate', <>{duration(plan.estimatedMs)}{plan.estimatedCostUsd === undefined ? '' : ` · ${money(plan.estimatedCostUsd)}`}</>]);
  if (usage.costUsd !== undefined) facts.push(['Cost', <b key="c" className="number">{money(usage.costUsd)}</b>]);
  if (usage.inputTokens !== undefined || usage.outputTokens !== undefined) facts.push(['Tokens', <span key="t" title={tokens(usage)}>{count(usage.inputTokens ?? 0)} in · {count(usage.outputTokens ?? 0)} out</span>]);
  facts.push(['Events', count(lastSeq)]);
  if (startedAt !== null) facts.push(['Started', moment(startedAt)]);
  if (sessionId !== null) facts.push(['Session', <a key="s" href={hrefOf({ view: 'executions', filter: { sessionId } })}>{sessionId}</a>]);
  if (model.traceId !== undefined) facts.push(['Trace', <code key="t">{model.traceId.slice(0, 8)}…</code>]);
  return (
    <dl className="facts">
      {facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
      <div><dt>Id</dt><dd><code title={model.id}>{model.id.slice(0, 8)}…</code> <CopyButton text={() => model.id} label="Copy id" /></dd></div>
    </dl>
  );
}

function tokens({ cachedInputTokens, reasoningTokens, totalTokens }: ExecutionState['usage']): string {
  const parts = [
    totalTokens === undefined ? '' : plural(totalTokens, 'token'), cachedInputTokens === undefined ? '' : `${count(cachedInputTokens)} of the input cached`,
    reasoningTokens === undefined ? '' : `${count(reasoningTokens)} of the output reasoning`,
  ];
  return parts.filter(Boolean).join(', ');
}
