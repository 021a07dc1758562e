/** The question of a step that waits for a person, with the field that its schema asks for. */
import { type FormEvent, type ReactNode, useLayoutEffect, useRef, useState } from 'react';
import { type AnswerField, beginningOf, choiceLabel, fieldOf, refusalOf, valueOf } from '../../client/view/answer.js';
import { type JsonValue } from '../../contract/json.js';
import { type StepState } from '../../contract/state.js';
import { useView } from './view.context.js';

export function AnswerForm({ step }: { step: StepState }) {
  const { labels, answer } = useView();
  const { schema } = step;
  const field = fieldOf(schema);
  const [typed, setTyped] = useState(() => beginningOf(field, schema));
  const [isBusy, setBusy] = useState(false);
  const [fault, setFault] = useState<string>();
  const form = useRef<HTMLFormElement>(null);
  useLayoutEffect(() => {
    const element = form.current;
    return () => {
      // It goes away with the answer, and who has answered by keyboard is to stay where they were.
      if (element?.contains(document.activeElement)) element.closest('.stepcast-step')?.querySelector<HTMLElement>('.stepcast-step-head')?.focus();
    };
  }, []);
  const send = async (value: JsonValue) => {
    if (isBusy) return;
    setBusy(true);
    setFault(undefined);
    try {
      await answer(value, step.id);
    } catch (error) {
      setFault(refusalOf(error));
      setBusy(false);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const read = valueOf(field, typed, labels);
    if ('fault' in read) setFault(read.fault);
    else void send(read.value);
  };
  const prompt = step.prompt ?? labels.question(step.name);
  return (
    <form ref={form} className="stepcast-answer" aria-label={prompt} aria-busy={isBusy} onSubmit={submit}>
      <p className="stepcast-prompt">{prompt}</p>
      {field.kind === 'boolean'
        ? [true, false].map((value) => (
            <button key={String(value)} type="button" className="stepcast-button" data-answer={value} aria-disabled={isBusy || undefined} onClick={() => void send(value)}>{value ? labels.yes : labels.no}</button>
          ))
        : (
          <>
            <label><span className="stepcast-label">{labels.answer}</span> <Control field={field} typed={typed} onChange={setTyped} /></label>
            {' '}<button type="submit" className="stepcast-button" aria-disabled={isBusy || undefined}>{isBusy ? labels.sending : labels.send}</button>
          </>
        )}
      {fault !== undefined && <p className="stepcast-fault" role="alert">{fault}</p>}
    </form>
  );
}

function Control({ field, typed, onChange }: { field: AnswerField; typed: string; onChange: (typed: string) => void }): ReactNode {
  const { labels } = useView();
  const shared = { className: 'stepcast-input', value: typed, onChange: ({ target }: { target: { value: string } }) => onChange(target.value) };
  switch (field.kind) {
    case 'choice':
      return (
        <select {...shared} required>
          <option value="">{labels.choose}</option>
          {field.choices.map((choice, i) => <option key={i} value={i}>{choiceLabel(choice, labels)}</option>)}
        </select>
      );
    case 'number':
      return <input {...shared} type="number" required step={field.isWhole ? 1 : 'any'} min={field.min} max={field.max} />;
    case 'text': {
      const bounds = { minLength: field.minLength, maxLength: field.maxLength, required: (field.minLength ?? 0) > 0 };
      return field.isLong ? <textarea {...shared} {...bounds} rows={4} /> : <input {...shared} {...bounds} type="text" autoComplete="off" />;
    }
    default:
      return <textarea {...shared} className="stepcast-input stepcast-code" required rows={4} spellCheck={false} />;
  }
}
