import { type ExecutionDefinition } from '../../contract/api.js';
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
  /** What it runs: undefined as long as that is not known, null where nobody can tell any more. */
  definition: ExecutionDefinition | null | undefined;
  selected: string | undefined;
  onSelect: (stepId: string | undefined) => void;
}
