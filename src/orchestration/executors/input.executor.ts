import { EMPTY, Observable } from 'rxjs';
import { type InputStep } from '../../contract/definition.js';
import { type EventData, type EventDraft } from '../../contract/events.js';
import { compileSchema } from '../definition/input.validator.js';
import { resolveText } from '../definition/template.js';
import { assertFits } from '../run/limits.js';
import { type StepScope } from '../run/step.scope.js';
import { type StepExecutor } from './step.executor.js';

/** Waits for a person, for as long as it takes: after a restart it asks again, unless it has been answered. The output is the answer. */
export class InputExecutor implements StepExecutor<InputStep> {
  execute(scope: StepScope<InputStep>): Observable<EventDraft> {
    const answered = scope.run.recall.answerOf(scope.id);
    if (answered !== undefined) {
      scope.output = answered;
      return EMPTY;
    }
    return new Observable((subscriber) => {
      const { prompt, schema, name } = scope.step;
      const data: EventData['input_required'] = {};
      if (prompt !== undefined) {
        data.prompt = resolveText(prompt, scope.context);
        assertFits(data.prompt, 'the prompt', scope.run.limits);
      }
      if (schema !== undefined) data.schema = schema;
      subscriber.next({ type: 'input_required', step: scope.info('waiting'), data, message: data.prompt ?? `${name} waits for input` });
      const check = schema === undefined ? () => [] : compileSchema(schema);
      const leave = scope.run.desk.wait(scope.id, {
        check,
        accept: (value) => {
          subscriber.next({ type: 'input_received', step: scope.info('running'), data: { value }, message: `${name} was answered` });
          scope.output = value;
          subscriber.complete();
        },
      });
      const stop = scope.cancel.onHalt((halt) => subscriber.error(halt));
      return () => {
        leave();
        stop();
      };
    });
  }
}
