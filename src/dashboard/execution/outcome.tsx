/** Why it has ended as it has, or what it is held up by now, in its head: what nobody should have to look for in a tab. */
import { type ReactNode } from 'react';
import { type ExecutionState } from '../../contract/state.js';
import { hrefOf } from '../app/router.js';
import { sentence } from '../ui/format.js';
import { type ExecutionModel } from './execution.model.js';

interface OutcomeProps {
  model: ExecutionModel;
  /** At the moment that is shown, and how many events have happened then. */
  state: ExecutionState;
  length: number;
  /** Shows a step, where steps are shown. */
  onShow: (stepId: string) => void;
}

export function Outcome({ model, state, length, onShow }: OutcomeProps) {
  const { status, error, activeSteps } = state;
  const hold = model.holds.at(length, activeSteps);
  const linkTo = (stepId: string): ReactNode => (
    <a
      href={hrefOf({ view: 'execution', id: model.id, tab: 'timeline' })} onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        onShow(stepId);
      }}
    ><code>{stepId}</code></a>
  );
  return (
    <>
      {status === 'failed' && error && <p className="failure outcome"><code>{error.code}</code> {sentence(error.message)}{error.stepId !== undefined && <span className="hint">In the step {linkTo(error.stepId)}{error.retryable === false ? '; the same would fail again' : ''}</span>}</p>}
      {status === 'cancelled' && model.cancelReason !== undefined && <p className="outcome"><b>Cancelled:</b> {model.cancelReason}</p>}
      {/* Always there, as what comes later into a place that is said aloud is said for sure. */}
      <p className="hold" role="status">{hold && <><code>{hold.code}</code> {sentence(hold.text)}<span className="hint">In the step {linkTo(hold.stepId)}</span></>}</p>
    </>
  );
}
