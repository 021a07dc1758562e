/** One part of what a workflow is about to do, for people to see from the start. */
export interface PlannedStage {
  /** Name of the step that does it. */
  step: string;
  /** What is done in it, in a few words. */
  stage: string;
  /** Who does it, where the workflow plays roles. */
  persona?: string;
  /** Milliseconds. */
  estimatedMs?: number;
  estimatedCostUsd?: number;
}

/** What a workflow intends, told with `workflow_started`. Estimates are estimates: nothing is held to them. */
export interface WorkflowPlan {
  stages: PlannedStage[];
  /** Milliseconds for all of it. */
  estimatedMs?: number;
  estimatedCostUsd?: number;
}
