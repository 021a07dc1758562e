/**
 * Notices when the process was held up, and tells the operator which agents may have done it. All executions, streams and
 * heartbeats share one loop, so an agent that computes for seconds without waiting stops all of them for so long.
 *
 * A timer that comes late says for how long. Nobody can say afterwards who ran, but who holds the loop has mostly begun
 * just before, or ends just after; so these are named, and where there are none, those that work. While all is well that
 * costs a store for each beginning and each end of an agent.
 */
import { Logger } from '@nestjs/common';
import { type AgentStep, type Step, stepsIn } from '../../contract/definition.js';
import { type ExecutionState } from '../../contract/state.js';

const LOOK_MS = 250;
/** From when on it is told: what takes less is felt by nobody who reads a stream. */
const BLOCKED_MS = 1000;
/** How many of the latest beginnings and ends are known; a power of two. */
const RECENT = 8;

/** An agent at work, as it is told of. */
export interface AgentAtWork {
  agent: string;
  executionId: string;
  stepId: string;
}

/** What a scope of an agent tells of it. */
interface Attempt {
  readonly id: string;
  readonly step: AgentStep;
  readonly run: { readonly executionId: string };
}

export class LoopWatch {
  private readonly logger = new Logger('Loop');
  private readonly recent: (Attempt | undefined)[] = new Array<undefined>(RECENT).fill(undefined);
  private count = 0;
  private timer: NodeJS.Timeout | undefined;

  /** @param atWork Those that work now; asked only after a block. */
  constructor(private readonly atWork: () => AgentAtWork[]) {}

  start(): void {
    let last = performance.now();
    this.timer ??= setInterval(() => {
      const now = performance.now();
      const blockedMs = Math.round(now - last - LOOK_MS);
      last = now;
      if (blockedMs >= BLOCKED_MS) this.tell(blockedMs);
      if (this.count === 0) return;
      this.count = 0;
      this.recent.fill(undefined);
    }, LOOK_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** An attempt of an agent begins, or has ended. */
  note(attempt: Attempt): void {
    this.recent[this.count++ & (RECENT - 1)] = attempt;
  }

  private tell(blockedMs: number): void {
    const noted = this.recent.flatMap((attempt) => (attempt ? [{ agent: agentName(attempt.step), executionId: attempt.run.executionId, stepId: attempt.id }] : []));
    const all = noted.length ? noted : this.atWork();
    const steps = [...new Map(all.map((one) => [`${one.executionId}/${one.stepId}`, one])).values()].slice(-RECENT);
    const agents = [...new Set(steps.map(({ agent }) => agent))];
    const cause = agents.length ? `; of the agents, that may have been ${agents.join(', ')}` : '';
    this.logger.warn(
      { code: 'blocked', blockedMs, agents, steps },
      `the process was blocked for ${blockedMs} ms, in which nothing else ran${cause}: an agent that computes for long belongs in a worker thread`,
    );
  }
}

/** Looked for in the tree, as nobody asks while all is well. */
export function agentsAtWork({ id, activeSteps, steps }: ExecutionState, tree: readonly Step[]): AgentAtWork[] {
  const active = new Map(activeSteps.map((stepId) => [steps[stepId]?.name, stepId]));
  return [...stepsIn(tree)].flatMap((step) => {
    const stepId = active.get(step.name);
    return step.type === 'agent' && stepId !== undefined ? [{ agent: agentName(step), executionId: id, stepId }] : [];
  });
}

function agentName({ agent, name }: AgentStep): string {
  return typeof agent === 'string' ? agent : `a function in ${name}`;
}
