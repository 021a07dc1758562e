import { createContext, type ReactNode, useContext } from 'react';
import { labelsOf, type ViewLabels } from '../../client/view/labels.js';
import { type StepNode } from '../../client/view/step.tree.js';
import { type WorkflowStream } from '../use-workflow-stream.js';

/** What all parts of one view go by. */
export interface ViewSettings {
  labels: ViewLabels;
  answer: WorkflowStream['answer'];
  renderStep: ((node: StepNode) => ReactNode) | undefined;
}

export const ViewContext = createContext<ViewSettings>({ labels: labelsOf(undefined), answer: async () => {}, renderStep: undefined });

export function useView(): ViewSettings {
  return useContext(ViewContext);
}
