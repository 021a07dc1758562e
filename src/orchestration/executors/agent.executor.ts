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
    return (scope.input = typeof input === 'function' ? computed(input(scope.context), scope) : resolveTemplate(input, scope.context));
  }

  execute(scope: StepScope<AgentStep>): Observable<EventDraft> {
    return new Observable((subscriber) => {
      const context = new LiveAgentContext(scope, (event) => subscriber.next(event));
      const end = () => {
        // What the agent has said before is said.
        context.flush();
        context.close();
      };
      const stop = scope.cancel.onHalt((halt) => {
        end();
        subscriber.error(halt);
      });
      const run = async () => {
        await scope.run.pace.next();
        if (context.closed) return;
        const given = await consume(handlerOf(scope)(context as never), context, scope.run.pace);
        if (context.closed) return;
        scope.output = toJson(given === undefined ? context.streamedText : given);
        scope.usage = context.used;
        end();
        subscriber.complete();
      };
      run().catch((error: unknown) => {
        if (context.closed) return;
        end();
        subscriber.error(StepFailure.of(error instanceof NotJsonError ? notJson(error) : error, scope.id));
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

/** What a function has given as the input. A promise would become an empty object in silence. */
function computed(given: unknown, { step }: StepScope): JsonValue {
  if (given instanceof Promise) throw new StepcastError('expression_failed', `the input of ${step.name} is a promise; wait for it in an agent, and give its output on`);
  return toJson(given);
}

function notJson(error: NotJsonError): StepcastError {
  return new StepcastError('output_not_json', `the agent's output: ${error.message}`);
}
