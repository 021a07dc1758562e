import { Empty } from '../ui/parts.js';
import { JsonView } from '../ui/json-view.js';
import { type TabProps } from './tab.props.js';
import { OutputValue } from './output.value.js';

/** How it has ended, with what came of it, and what it was given. */
export function ResultTab({ model, state }: TabProps) {
  const { status, result, error } = state;
  return (
    <div className="stack">
      {status === 'completed' && <section className="card pad"><h2>Result</h2><OutputValue value={result} label="Result" /></section>}
      {status === 'failed' && error && (
        <section className="card pad"><h2>Error</h2>
          <p className="failure"><code>{error.code}</code> {error.message}</p>
          {error.stepId !== undefined && <p className="hint">In the step <code>{error.stepId}</code>{error.retryable === false ? '; the same would fail again' : ''}</p>}
        </section>
      )}
      {status === 'cancelled' && <section className="card pad"><h2>Cancelled</h2><p>{model.cancelReason ?? 'No reason was given.'}</p></section>}
      {!['completed', 'failed', 'cancelled'].includes(status) && <Empty title="No result yet" />}
      {model.input !== undefined && <section className="card pad"><h2>Input</h2><JsonView value={model.input} label="Input" /></section>}
      {model.plan && (
        <section className="card pad"><h2>Plan</h2>
          <ol className="plan">{model.plan.stages.map(({ step, stage, persona }) => <li key={step}><b>{persona ?? step}</b> <span className="hint">{stage}</span></li>)}</ol>
        </section>
      )}
    </div>
  );
}
