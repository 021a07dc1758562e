/** The front door of `stepcast/react`. */
export { StepcastProvider, useStepcastClient } from './stepcast.context.js';
export { useWorkflowStream, type UseWorkflowStreamOptions, type WorkflowStream } from './use-workflow-stream.js';
