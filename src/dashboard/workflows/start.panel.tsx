/** One workflow: what it takes, as a form, and the start. */
import { useState } from 'react';
import { RequestError } from '../../client/client.error.js';
import { type WorkflowSummary } from '../../contract/api.js';
import { type Fault } from '../../contract/errors.js';
import { type JsonValue } from '../../contract/json.js';
import { useStepcastClient } from '../../react/stepcast.context.js';
import { hrefOf, navigate } from '../app/router.js';
import { draftOf } from '../form/draft.js';
import { beginForm, finishForm, type FormState, SchemaForm } from '../form/schema.form.js';
import { takesText } from '../form/schema.js';
import { useFaults } from '../form/use-faults.js';
import { moment } from '../ui/format.js';
import { Failure } from '../ui/parts.js';
import { JsonView } from '../ui/json-view.js';
import { useLoaded, useWork } from '../ui/use-work.js';
import { prefilled } from './prefill.js';
import { TEXT } from './samples.js';
import { useStart } from './use-start.js';

const INPUT = '/input';

export function StartPanel({ workflow, onDeleted }: { workflow: WorkflowSummary; onDeleted: () => void }) {
  const { name, description, inputSchema, origin, createdAt } = workflow;
  const client = useStepcastClient();
  const start = useStart(client);
  const [form, setForm] = useState<FormState>(() => initialForm(workflow));
  const [sessionId, setSessionId] = useState('');
  const [faults, showFaults] = useFaults();
  const { busy, error, run } = useWork();
  const removing = useWork();
  const submit = () => {
    const { value, faults: missing } = finishForm(form, inputSchema);
    showFaults(missing);
    if (missing.length) return;
    run(async () => {
      try {
        const { id } = await start(name, value, sessionId.trim());
        navigate({ view: 'execution', id, tab: 'timeline' });
      } catch (refused) {
        if (refused instanceof RequestError) showFaults(faultsOfInput(refused));
        throw refused;
      }
    });
  };
  return (
    <>
      <header className="pane-head">
        <div><h2>{name}</h2>{description !== null && <p className="hint">{description}</p>}</div>
        <a className="push" href={hrefOf({ view: 'executions', filter: { workflow: name } })}>Its executions</a>
      </header>
      <form
        noValidate className="stack" aria-label={`Start ${name}`} onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <SchemaForm schema={inputSchema} state={form} onChange={setForm} faults={faults} label="Input" />
        <details className="more"><summary>More options</summary>
          <div className="field"><label htmlFor="session-id">Session</label><input id="session-id" value={sessionId} maxLength={200} autoComplete="off" onChange={(event) => setSessionId(event.target.value)} /><p className="hint">Joins executions that belong together, say those of one chat.</p></div>
        </details>
        <Failure error={error} isShown={({ path }) => path.startsWith(INPUT)} />
        <p className="row"><button type="submit" aria-disabled={busy}>{busy ? 'Starting …' : 'Start'}</button></p>
      </form>
      <Definition name={name} />
      {origin === 'stored' && (
        <p className="row">
          {createdAt !== null && <span className="hint">Stored {moment(createdAt)}</span>}
          <button
            type="button" className="danger small" aria-disabled={removing.busy} onClick={() => removing.run(async () => {
              if (!window.confirm(`Delete the workflow ${name}? Its executions stay.`)) return;
              await client.deleteWorkflow(name);
              onDeleted();
              navigate({ view: 'workflows', name: undefined });
            })}
          >Delete
          </button>
          <Failure error={removing.error} />
        </p>
      )}
    </>
  );
}

function Definition({ name }: { name: string }) {
  const client = useStepcastClient();
  const [open, setOpen] = useState(false);
  const { value, error } = useLoaded(`${name} ${open}`, async (signal) => (open ? client.workflow(name, { signal }) : undefined));
  return (
    <details className="more" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Definition</summary>
      <Failure error={error} />
      {open && value && <JsonView value={value.steps as unknown as JsonValue} label={`Steps of ${name}`} />}
    </details>
  );
}

function initialForm({ name, inputSchema }: WorkflowSummary): FormState {
  const given = prefilled(name);
  if (given !== undefined) return beginForm(inputSchema, given);
  const draft = draftOf(inputSchema);
  const withText = takesText(inputSchema) && draft !== null && typeof draft === 'object' && !Array.isArray(draft);
  return beginForm(inputSchema, withText ? { ...draft, text: TEXT } : draft);
}

function faultsOfInput({ errors }: RequestError): Fault[] {
  return errors.filter(({ path }) => path.startsWith(INPUT)).map(({ path, message }) => ({ path: path.slice(INPUT.length), message }));
}
