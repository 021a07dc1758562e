/** A definition of one's own, as JSON: run without being stored, or stored under its name. */
import { useEffect, useMemo, useState } from 'react';
import { RequestError } from '../../client/client.error.js';
import { type WorkflowDefinition } from '../../contract/definition.js';
import { type Fault } from '../../contract/errors.js';
import { useStepcastClient } from '../../react/stepcast.context.js';
import { announce } from '../app/announcer.js';
import { hrefOf, navigate } from '../app/router.js';
import { draftOf, parseJson, Unfit } from '../form/draft.js';
import { beginForm, finishForm, type FormState, SchemaForm } from '../form/schema.form.js';
import { schemaOf } from '../form/schema.js';
import { useFaults } from '../form/use-faults.js';
import { Failure } from '../ui/parts.js';
import { useWork } from '../ui/use-work.js';
import { keepOwnText, ownText } from './own.text.js';
import { takePrefilledOwn } from './prefill.js';
import { DEFINITION } from './samples.js';
import { useStart } from './use-start.js';

export function OwnView() {
  const client = useStepcastClient();
  const start = useStart(client);
  const [given] = useState(takePrefilledOwn);
  const [text, setText] = useState(() => (given ? jsonOf(given.workflow) : ownText() ?? jsonOf(DEFINITION)));
  const parsed = useMemo(() => parseJson(text), [text]);
  const schema = parsed instanceof Unfit ? undefined : schemaOf(parsed)['inputSchema'];
  const shape = JSON.stringify(schema);
  const [form, setForm] = useState<{ shape: string | undefined; state: FormState } | undefined>(() => given && { shape, state: beginForm(schema, given.input) });
  const state = form && form.shape === shape ? form.state : beginForm(schema, draftOf(schema));
  const [faults, showFaults] = useFaults();
  const { busy, error, run } = useWork();
  useEffect(() => {
    document.title = 'Run your own · Stepcast';
  }, []);
  const write = (next: string) => {
    setText(next);
    keepOwnText(next);
  };
  const misread = parsed instanceof Unfit ? `The definition ${parsed.message}` : undefined;
  /** @throws Error where it is no JSON. */
  const definition = (): WorkflowDefinition => {
    if (misread !== undefined) throw new Error(misread);
    return parsed as unknown as WorkflowDefinition;
  };
  const submit = () => run(async () => {
    const workflow = definition();
    const { value, faults: missing } = finishForm(state, schema);
    showFaults(missing);
    if (missing.length) throw new Error('The input is not complete.');
    try {
      const { id } = await start(workflow, value);
      keepOwnText(text);
      navigate({ view: 'execution', id, tab: 'timeline' });
    } catch (refused) {
      if (refused instanceof RequestError) showFaults(refused.errors.filter(isOfInput).map(({ path, message }) => ({ path: path.slice('/input'.length), message })));
      throw refused;
    }
  });
  const store = () => run(async () => {
    const { name } = await client.saveWorkflow(definition());
    announce(`Stored ${name}`);
    navigate({ view: 'workflows', name });
  });
  return (
    <form
      noValidate className="card pad stack own" aria-labelledby="own-title" onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <a className="back" href={hrefOf({ view: 'workflows', name: undefined })}>← All workflows</a>
      <h1 id="own-title">Run your own</h1>
      <div className="own-columns">
        <div className="field">
          <label htmlFor="definition">Definition, as JSON</label>
          <textarea id="definition" className="code" rows={24} spellCheck={false} value={text} aria-invalid={parsed instanceof Unfit || undefined} onChange={(event) => write(event.target.value)} />
          {parsed instanceof Unfit && error?.message !== misread && <p className="fault">{parsed.message}</p>}
        </div>
        <div className="stack">
          <SchemaForm key={shape} schema={schema} state={state} onChange={(next) => setForm({ shape, state: next })} faults={faults} label="Input" />
          <Failure error={error} isShown={isOfInput} />
          <p className="row"><button type="submit" aria-disabled={busy}>{busy ? 'Working …' : 'Run'}</button><button type="button" className="quiet" aria-disabled={busy} onClick={store}>Store under its name</button></p>
          <p className="hint">Running keeps the definition with the execution alone, which can be run again as long as it is kept; storing it makes it yours to start by name.</p>
        </div>
      </div>
    </form>
  );
}

function jsonOf(workflow: WorkflowDefinition): string {
  return JSON.stringify(workflow, null, 2);
}

function isOfInput({ path }: Fault): boolean {
  return path === '/input' || path.startsWith('/input/');
}
