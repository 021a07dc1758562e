/** How the engine behaves; the defaults are the fields of this class. */
export class OrchestrationOptions {
  /** Running executions of one user; above it they are queued. */
  maxExecutionsPerUser = 100;
  /** Queued executions of one user; above it starts are refused with `too_many_executions`. */
  maxQueuedPerUser = 1000;
  /** Running executions of all users; above it they are queued, and the users take turns. */
  maxExecutions = 10_000;
  /** Queued executions of all users; above it starts are refused with `capacity_exceeded`. */
  maxQueued = 10_000;
  /** Bytes of JSON that a step's output may have, and an execution's input; a step above it fails with `output_too_large`. */
  maxOutputBytes = 1024 * 1024;
  /** Events of one execution; one that would tell more is failed with `too_many_events`. All of them together may have 1,024 characters each. */
  maxEventsPerExecution = 100_000;
}
