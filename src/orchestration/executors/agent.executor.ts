import { Observable, type Subscriber } from 'rxjs';
import { type AgentStep } from '../../contract/definition.js';
import { StepcastError } from '../../contract/errors.js';
import { type EventDraft } from '../../contract/events.js';
import { type JsonValue, NotJsonError, toJson } from '../../contract/json.js';
import { type AgentFunction } from '../agent.js';
import { type Hit, type StepCache } from '../cache/agent.cache.js';
import { replay } from '../cache/replay.js';
import { resolveTemplate } from '../definition/template.js';
import { StepFailure } from '../run/failure.js';
import { assertFits } from '../run/limits.js';
import { type StepScope } from '../run/step.scope.js';
import { LiveAgentContext } from './agent.context.js';
import { consume, isThenable } from './agent.result.js';
import { type StepExecutor } from './step.executor.js';

/** Runs an agent's `execute` and gives what it streams; what it returns, as JSON, is the step's output. */
export class AgentExecutor implements StepExecutor<AgentStep> {
  resolveInput(scope: StepScope<AgentStep>): JsonValue | undefined {
    const { input } = scope.step;
    if (input === undefined) {
      scope.input = scope.previous;
      return undefined;
    }
    return (scope.input = typeof input === 'function' ? computed(input(scope.context), scope) : resolveTemplate(input, scope.context));
  }

  execute(scope: StepScope<AgentStep>): Observable<EventDraft> {
    return new Observable((subscriber) => {
      const attempt = new AgentAttempt(scope, subscriber);
      subscriber.add(attempt);
      void attempt.begin();
    });
  }
}

/**
 * One attempt, from before the agent's code runs to the end of what it gives. Once the context is closed, by a halt or by an
 * end, nothing comes of it any more. While the agent works this is a callback on its promise, and no suspended function.
 */
class AgentAttempt {
  private readonly context: LiveAgentContext;
  /** Where the result is to be kept. */
  private cache: StepCache | undefined;

  constructor(private readonly scope: StepScope<AgentStep>, private readonly subscriber: Subscriber<EventDraft>) {
    this.context = new LiveAgentContext(scope, subscriber);
    // Without an end of its own: the scope is the step's own, and is closed with it.
    scope.cancel.onHalt((halt) => {
      this.context.end();
      subscriber.error(halt);
    });
  }

  /** Not before what runs now has come to its end: the branches of a parallel have all started before the first agent works. */
  async begin(): Promise<void> {
    await this.scope.run.pace.beforeWork();
    if (this.context.closed) return;
    const { run, id } = this.scope;
    run.watch?.note(this.scope);
    if (run.trace) run.trace.within(id, () => this.work());
    else this.work();
  }

  /** Let go of, or at its end. */
  unsubscribe(): void {
    this.scope.run.watch?.note(this.scope);
    this.context.close();
  }

  private work(): void {
    try {
      this.cache = cacheOf(this.scope);
    } catch (error) {
      this.fail(error);
      return;
    }
    if (this.cache) this.cache.find(this.context).then((hit) => this.found(hit), (error: unknown) => this.fail(error));
    else this.run();
  }

  private found(hit: Hit | undefined): void {
    if (this.context.closed) return;
    if (!hit) {
      this.run();
      return;
    }
    this.cache = undefined;
    this.take(replay(hit, this.context));
  }

  private run(): void {
    try {
      const given: unknown = handlerOf(this.scope)(this.context as never);
      if (isThenable(given)) Promise.resolve(given).then((value) => this.take(value), (error: unknown) => this.fail(error));
      else this.take(given);
    } catch (error) {
      this.fail(error);
    }
  }

  /** A stream, or the output itself. */
  private take(given: unknown): void {
    try {
      const stream = consume(given, this.context, this.scope.run.pace);
      if (stream) stream.then((output) => this.complete(output), (error: unknown) => this.fail(error));
      else this.complete(given);
    } catch (error) {
      this.fail(error);
    }
  }

  private complete(given: unknown): void {
    const { scope, context } = this;
    if (context.closed) return;
    try {
      const output = toJson(given === undefined ? context.streamedText : given);
      assertFits(output, "the agent's output", scope.run.limits);
      scope.output = output;
      // Before its end is told, and so in one transaction with that.
      this.cache?.keep(output, context.streamedText);
    } catch (error) {
      this.fail(error);
      return;
    }
    scope.usage = context.used;
    context.end();
    this.subscriber.complete();
  }

  private fail(error: unknown): void {
    const { context } = this;
    if (context.closed) return;
    context.end();
    this.subscriber.error(StepFailure.of(error instanceof NotJsonError ? notJson(error) : error, this.scope.id));
  }
}

function handlerOf(scope: StepScope<AgentStep>): AgentFunction<never> {
  const { agent } = scope.step;
  if (typeof agent === 'function') return agent as AgentFunction<never>;
  const registered = scope.run.agents.get(agent);
  if (!registered) throw new StepcastError('agent_not_found', `there is no agent "${agent}"; register one with @Agent('${agent}')`);
  return (context) => registered.handler.execute(context);
}

/** How the step is cached; nothing where it is not, as most are. @throws StepcastError `expression_failed` */
function cacheOf(scope: StepScope<AgentStep>): StepCache | undefined {
  const { run, step } = scope;
  if (!run.cache || step.cache === false || typeof step.agent === 'function') return undefined;
  const agent = run.agents.get(step.agent);
  if (!agent || (step.cache === undefined && !agent.cache)) return undefined;
  // Of the scope, the context is made when it is asked for: not by steps that are not cached.
  const { input, context, id } = scope;
  return run.cache.of({ agent, step, input, user: run.user, workflow: run.workflow, context, again: run.recall.isMadeAnew(id) });
}

/** What a function has given as the input. A promise would become an empty object in silence. */
function computed(given: unknown, { step }: StepScope): JsonValue {
  if (given instanceof Promise) throw new StepcastError('expression_failed', `the input of ${step.name} is a promise; wait for it in an agent, and give its output on`);
  return toJson(given);
}

function notJson(error: NotJsonError): StepcastError {
  return new StepcastError('output_not_json', `the agent's output: ${error.message}`);
}
