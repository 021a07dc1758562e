/**
 * Agents that a test directs. `gate` waits until the test opens it, so that a test decides when a step ends and never
 * guesses how long something takes; `play` does what the test wrote for it. Each call of either is kept.
 */
import { type JsonObject, type JsonValue } from '../../src/contract/json.js';
import { type AgentContext, type AgentFunction, type AgentHandler, type AgentResult } from '../../src/orchestration/agent.js';
import { Agent } from '../../src/orchestration/decorators.js';
import { within } from './patience.js';

export interface Call {
  executionId: string;
  stepId: string;
  attempt: number;
  iteration: number;
  idempotencyKey: string;
  input: JsonValue;
  signal: AbortSignal;
}

class Gate {
  readonly arrival = Promise.withResolvers<AgentContext>();
  readonly answer = Promise.withResolvers<unknown>();

  constructor(readonly name: string) {
    // A test may let a gate fail that no agent has come to yet.
    this.answer.promise.catch(() => undefined);
  }

  /** What the agent at the gate is given to work with, when it has come. */
  get arrived(): Promise<AgentContext> {
    return within(this.arrival.promise, `the agent at the gate ${this.name}`);
  }

  /** Lets the agent return; without an output, its input. */
  open(output?: JsonValue): void {
    this.answer.resolve(output);
  }

  fail(message: string): void {
    this.answer.reject(new Error(message));
  }
}

export class Stage {
  readonly calls: Call[] = [];
  private readonly gates = new Map<string, Gate>();
  private readonly parts = new Map<string, AgentFunction<JsonObject>>();

  /** The gate of an attempt, whether or not its agent has come. */
  gate(executionId: string, stepId: string, attempt = 1): Gate {
    const name = `${executionId}/${stepId}#${attempt}`;
    let gate = this.gates.get(name);
    if (!gate) this.gates.set(name, (gate = new Gate(name)));
    return gate;
  }

  /** Writes a part for `play`, named in the step's input as `part`. */
  write(part: string, play: AgentFunction<JsonObject>): void {
    this.parts.set(part, play);
  }

  callsOf(executionId: string, stepId?: string): Call[] {
    return this.calls.filter((call) => call.executionId === executionId && (stepId === undefined || call.stepId === stepId));
  }

  note({ executionId, stepId, attempt, iteration, idempotencyKey, input, signal }: AgentContext): void {
    this.calls.push({ executionId, stepId, attempt, iteration, idempotencyKey, input, signal });
  }

  play(context: AgentContext<JsonObject>): AgentResult {
    const part = this.parts.get(context.input['part'] as string);
    if (!part) throw new Error(`no part is written for ${JSON.stringify(context.input)}`);
    return part(context);
  }
}

@Agent('gate')
export class GateAgent implements AgentHandler {
  constructor(private readonly stage: Stage) {}

  /** With `{stubborn: true}` in its input it ignores its signal. */
  async execute(context: AgentContext): Promise<unknown> {
    this.stage.note(context);
    const gate = this.stage.gate(context.executionId, context.stepId, context.attempt);
    gate.arrival.resolve(context);
    const opened = gate.answer.promise.then((output) => output ?? context.input);
    if ((context.input as JsonObject | null)?.['stubborn'] === true) return opened;
    const { signal } = context;
    return Promise.race([opened, new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }))]);
  }
}

@Agent('play')
export class PlayAgent implements AgentHandler<JsonObject> {
  constructor(private readonly stage: Stage) {}

  execute(context: AgentContext<JsonObject>): AgentResult {
    this.stage.note(context);
    return this.stage.play(context);
  }
}
