import { type ExecutionState } from '../../contract/state.js';
import { type ExecutionModel } from './execution.model.js';

/** What a tab is given to show. */
export interface TabProps {
  model: ExecutionModel;
  /** Live, or as it stood at the moment of the replay. */
  state: ExecutionState;
  /** How many events have happened then. */
  length: number;
  isLive: boolean;
  /** Whether a workflow of its name may be started now. */
  isKnown: boolean;
  selected: string | undefined;
  onSelect: (stepId: string | undefined) => void;
}
