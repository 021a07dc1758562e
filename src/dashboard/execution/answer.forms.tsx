/** A form for each step that waits for a person, made from the schema of the answer. */
import { useId, useState } from 'react';
import { RequestError } from '../../client/client.error.js';
import { type JsonValue } from '../../contract/json.js';
import { type ExecutionState, type StepState } from '../../contract/state.js';
import { useStepcastClient } from '../../react/stepcast.context.js';
import { draftOf } from '../form/draft.js';
import { beginForm, finishForm, type FormState, SchemaForm } from '../form/schema.form.js';
import { schemaOf, typeOf } from '../form/schema.js';
import { useFaults } from '../form/use-faults.js';
import { Failure } from '../ui/parts.js';
import { useWork } from '../ui/use-work.js';

const VALUE = '/value';

export function AnswerForms({ id, state }: { id: string; state: ExecutionState }) {
  const waiting = state.activeSteps.map((stepId) => state.steps[stepId]).filter((step): step is StepState => step?.status === 'waiting');
  return <>{waiting.map((step) => <AnswerForm key={`${step.id} ${JSON.stringify([step.prompt, step.schema])}`} executionId={id} step={step} />)}</>;
}

function AnswerForm({ executionId, step }: { executionId: string; step: StepState }) {
  const { id: stepId, name, prompt, schema } = step;
  const client = useStepcastClient();
  const title = useId();
  const [form, setForm] = useState<FormState>(() => beginForm(schema, draftOf(schema)));
  const [faults, showFaults] = useFaults();
  const { busy, error, run } = useWork();
  const send = (value: JsonValue) => run(async () => {
    try {
      await client.answer(executionId, value, { stepId });
    } catch (refused) {
      if (refused instanceof RequestError) showFaults(refused.errors.filter(({ path }) => path.startsWith(VALUE)).map(({ path, message }) => ({ path: path.slice(VALUE.length), message })));
      throw refused;
    }
  });
  const submit = () => {
    const { value, faults: missing } = finishForm(form, schema);
    showFaults(missing);
    if (missing.length === 0) send(value ?? null);
  };
  const isYesOrNo = typeOf(schemaOf(schema)) === 'boolean';
  return (
    <form
      noValidate className="card pad answer stack" aria-labelledby={title} onSubmit={(event) => {
        event.preventDefault();
        if (!isYesOrNo) submit();
      }}
    >
      <p id={title} className="question"><span className="hint">{name} asks</span>{prompt ?? 'What is the answer?'}</p>
      {!isYesOrNo && <SchemaForm schema={schema} state={form} onChange={setForm} faults={faults} label="Answer" />}
      <Failure error={error} isShown={({ path }) => !isYesOrNo && path.startsWith(VALUE)} />
      <p className="row">
        {isYesOrNo
          ? <><button type="button" aria-disabled={busy} onClick={() => send(true)}>Yes</button><button type="button" className="quiet" aria-disabled={busy} onClick={() => send(false)}>No</button></>
          : <button type="submit" aria-disabled={busy}>{busy ? 'Sending …' : 'Answer'}</button>}
      </p>
    </form>
  );
}
