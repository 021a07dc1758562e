/** All of one step, at the moment that is shown. */
import { type JsonValue } from '../../contract/json.js';
import { duration, percent } from '../ui/format.js';
import { JsonView } from '../ui/json-view.js';
import { Chip } from '../ui/parts.js';
import { TextBox } from '../ui/text-box.js';
import { OutputValue } from './output.value.js';
import { type TabProps } from './tab.props.js';
import { clip } from './timeline/timeline.js';

export function StepPanel({ model, state, length, onSelect, stepId }: TabProps & { stepId: string }) {
  const step = state.steps[stepId];
  const row = model.timeline.row(stepId);
  const name = step?.name ?? row?.name ?? stepId;
  const stage = model.stageOf(name);
  const bars = clip(row?.bars ?? [], length);
  return (
    <aside className="card pad step-panel" aria-label={`Step ${stepId}`}>
      <header className="row"><h2>{name}</h2>{step && <Chip status={step.status} />}<button type="button" className="quiet icon push" aria-label="Close the step" onClick={() => onSelect(undefined)}>✕</button></header>
      <p className="hint"><code>{stepId}</code> · {step?.type ?? row?.type}{stage?.persona === undefined ? '' : ` · ${stage.persona}`}{stage ? ` · ${stage.stage}` : ''}</p>
      {step?.status === 'running' && step.progress > 0 && <p>{percent(step.progress)} {model.noteOf(stepId, length)}</p>}
      {step?.error && <p className="failure">{step.error.code}: {step.error.message}</p>}
      {bars.length > 0 && (
        <><h3>Attempts</h3>
          <ol className="plain attempts">{bars.map(({ attempt, startSeq, startMs, endMs, status }) => <li key={startSeq} data-bar={status}><span>{attempt}. {status}</span><span className="number push">{endMs === undefined ? 'goes on' : duration(endMs - startMs)}</span></li>)}</ol>
        </>
      )}
      {step?.reasoning && <details><summary>Reasoning</summary><TextBox text={step.reasoning} label="Reasoning" live={step.status === 'running'} /></details>}
      {step?.text && <><h3>Text</h3><TextBox text={step.text} label="Text" live={step.status === 'running'} /></>}
      <StepInput model={model} stepId={stepId} length={length} />
      {step?.output !== undefined && step.output !== step.text && <><h3>Output</h3><OutputValue value={step.output} label={`Output of ${name}`} /></>}
    </aside>
  );
}

function StepInput({ model, stepId, length }: Pick<TabProps, 'model' | 'length'> & { stepId: string }) {
  const bar = clip(model.timeline.row(stepId)?.bars ?? [], length).at(-1);
  const event = bar && model.events[bar.startSeq - 1];
  const input: JsonValue | undefined = event?.type === 'step_started' ? event.data.input : undefined;
  return input === undefined ? null : <details><summary>Input</summary><JsonView value={input} label="Input" /></details>;
}
