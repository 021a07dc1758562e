/** How the engine behaves; the defaults are the fields of this class. */
export class OrchestrationOptions {
  /** Running executions of one user; above it they are queued. */
  maxExecutionsPerUser = 100;
  /** Queued executions of one user; above it starts are refused with `too_many_executions`. */
  maxQueuedPerUser = 1000;
}
