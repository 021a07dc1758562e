/** Where what happens is shown. */
import { type Connection } from '../../client/follow.js';
import { type ExecutionEvent } from '../../contract/events.js';
import { type ExecutionState } from '../../contract/state.js';

export interface Output {
  /** @param state The fold up to this event; the same object each time. */
  event(event: ExecutionEvent, state: ExecutionState): void;
  connection(connection: Connection): void;
  /** Leaves the terminal to a question, until `resume`. */
  pause(): void;
  resume(): void;
  /** The terminal is as it was before. @param state undefined where not all has been shown. */
  close(state: ExecutionState | undefined): void;
}
