import { Observable } from 'rxjs';
import { type AgentStep } from '../../contract/definition.js';
import { StepcastError } from '../../contract/errors.js';
import { type EventDraft } from '../../contract/events.js';
import { type JsonValue, NotJsonError, toJson } from '../../contract/json.js';
import { type AgentFunction } from '../agent.js';
import { resolveTemplate } from '../definition/template.js';
import { StepFailure } from '../run/failure.js';
import { type StepScope } from '../run/step.scope.js';
import { LiveAgentContext } from './agent.context.js';
import { consume } from './agent.result.js';
import { type StepExecutor } from './step.executor.js';

/** Runs an agent's `execute` and gives what it streams; what it returns, as JSON, is the step's output. */
export class AgentExecutor implements StepExecutor<AgentStep> {
  resolveInput(scope: StepScope<AgentStep>): JsonValue | undefined {
    const { input } = scope.step;
    if (input === undefined) {
      scope.input = scope.previous;
      return undefined;
    }
    return (scope.input = typeof input === 'function' ? toJson(input(scope.context)) : resolveTemplate(input, scope.context));
  }

  execute(scope: StepScope<AgentStep>): Observable<EventDraft> {
    return new Observable((subscriber) => {
      const context = new LiveAgentContext(scope, (event) => subscriber.next(event));
      const stop = scope.cancel.onHalt((halt) => {
        context.close();
        subscriber.error(halt);
      });
      const run = async () => {
        await scope.run.pace.next();
        if (context.closed) return;
        const given = await consume(handlerOf(scope)(context as never), context, scope.run.pace);
        if (context.closed) return;
        scope.output = outputOf(given === undefined ? context.streamedText : given);
        context.flush();
        scope.usage = context.used;
        context.close();
        subscriber.complete();
      };
      run().catch((error: unknown) => {
        if (context.closed) return;
        context.flush();
        context.close();
        subscriber.error(StepFailure.of(error, scope.id));
      });
      return () => {
        stop();
        context.close();
      };
    });
  }
}

function handlerOf(scope: StepScope<AgentStep>): AgentFunction<never> {
  const { agent } = scope.step;
  if (typeof agent === 'function') return agent as AgentFunction<never>;
  const registered = scope.run.agents.get(agent);
  if (!registered) throw new StepcastError('agent_not_found', `there is no agent "${agent}"; register one with @Agent('${agent}')`);
  return (context) => registered.handler.execute(context);
}

function outputOf(given: unknown): JsonValue {
  try {
    return toJson(given);
  } catch (error) {
    if (!(error instanceof NotJsonError)) throw error;
    throw new StepcastError('output_not_json', `the agent's output: ${error.message}`);
  }
}
