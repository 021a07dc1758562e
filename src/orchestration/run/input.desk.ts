import { type Fault, StepcastError } from '../../contract/errors.js';
import { type JsonValue } from '../../contract/json.js';

interface Waiting {
  check: (value: JsonValue) => Fault[];
  accept: (value: JsonValue) => void;
}

/** The steps of one execution that wait for a person, and the way an answer reaches them. */
export class InputDesk {
  /** Made when the first one waits: most executions have none. */
  private waiting: Map<string, Waiting> | undefined;

  /** Answers a function that stops waiting. */
  wait(stepId: string, waiting: Waiting): () => void {
    const all = (this.waiting ??= new Map<string, Waiting>());
    all.set(stepId, waiting);
    return () => all.delete(stepId);
  }

  /**
   * Hands a value to the step that waits.
   * @param stepId may be left out where exactly one step waits.
   * @throws StepcastError `not_waiting`, `invalid_request` where it is not clear which step is meant, `invalid_input`.
   */
  answer(stepId: string | undefined, value: JsonValue): void {
    const ids = [...(this.waiting?.keys() ?? [])];
    const [first] = ids;
    if (!this.waiting || first === undefined) throw new StepcastError('not_waiting', 'no step of this execution waits for input');
    if (stepId === undefined && ids.length > 1) {
      throw new StepcastError('invalid_request', `several steps wait for input; name one as stepId: ${ids.join(', ')}`, {
        faults: [{ path: '/stepId', message: `is required; waiting are ${ids.join(', ')}` }],
      });
    }
    const id = stepId ?? first;
    const step = this.waiting.get(id);
    if (!step) throw new StepcastError('not_waiting', `step ${id} does not wait for input; waiting: ${ids.join(', ')}`);
    const faults = step.check(value);
    if (faults.length) {
      throw new StepcastError('invalid_input', 'the value does not meet the schema of the step', {
        faults: faults.map(({ path, message }) => ({ path: `/value${path}`, message })),
      });
    }
    this.waiting.delete(id);
    step.accept(value);
  }
}
