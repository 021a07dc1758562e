'use client';
/** The front door of `stepcast/react`. */
export { StepcastProvider, useStepcastClient } from './stepcast.context.js';
export { type RunWorkflow, useRunWorkflow } from './use-run-workflow.js';
export { useWorkflowStream, type UseWorkflowStreamOptions, type WorkflowStream } from './use-workflow-stream.js';
export { WorkflowProgress, type WorkflowProgressProps } from './workflow-progress.js';

export { type GivenLabels, type ViewLabels } from '../client/view/labels.js';
export { type StepNode } from '../client/view/step.tree.js';
