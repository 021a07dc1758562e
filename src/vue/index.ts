/** The front door of `stepcast/vue`. */
export { provideStepcast, stepcastPlugin, useStepcastClient } from './stepcast.client.js';
export { StreamingPipelineMonitor, type StreamingPipelineMonitorProps } from './streaming-pipeline-monitor.js';
export { type RunWorkflow, useRunWorkflow } from './use-run-workflow.js';
export { type SnapshotRefs, useWorkflowStream, type UseWorkflowStreamOptions, type WorkflowStream } from './use-workflow-stream.js';

export { type GivenLabels, type ViewLabels } from '../client/view/labels.js';
export { type StepNode } from '../client/view/step.tree.js';
