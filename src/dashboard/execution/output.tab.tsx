/** The text that steps stream, by step and by who speaks in it, as it grows. */
import { useState } from 'react';
import { type StepState } from '../../contract/state.js';
import { count } from '../ui/format.js';
import { Chip, Empty } from '../ui/parts.js';
import { TextBox } from '../ui/text-box.js';
import { type TabProps } from './tab.props.js';
import { placeOf } from './timeline/timeline.js';

/** Steps that are shown at once, the latest: a loop may have thousands. */
const SHOWN = 40;

export function OutputTab({ model, state }: TabProps) {
  const [shown, setShown] = useState(SHOWN);
  const steps = Object.values(state.steps).filter(({ text, reasoning }) => text !== '' || reasoning !== '');
  const earlier = Math.max(0, steps.length - shown);
  if (steps.length === 0) return <Empty title="No step has streamed text" />;
  return (
    <div className="stack outputs">
      {earlier > 0 && <p><button type="button" className="quiet small" onClick={() => setShown(shown + SHOWN)}>{count(earlier)} earlier</button></p>}
      {steps.slice(earlier).map((step) => <StepOutput key={step.id} step={step} who={model.stageOf(step.name)?.persona} />)}
    </div>
  );
}

function StepOutput({ step, who }: { step: StepState; who: string | undefined }) {
  const { id, name, status, text, reasoning, attempt } = step;
  const { round } = placeOf(id);
  const live = status === 'running';
  return (
    <section className="card pad output" aria-label={`Output of ${id}`} data-step={id}>
      <header className="row">
        <h2>{who ?? name}{round === undefined ? '' : ` [${round}]`}</h2>
        {who !== undefined && <span className="hint">{name}</span>}
        <Chip status={status} />
        {attempt > 1 && <span className="tag">attempt {attempt}</span>}
      </header>
      {reasoning !== '' && <details><summary>Reasoning</summary><TextBox text={reasoning} label={`Reasoning of ${id}`} live={live} /></details>}
      {text !== '' && <TextBox text={text} label={`Text of ${id}`} live={live} />}
    </section>
  );
}
