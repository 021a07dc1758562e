import { type AgentStep } from '../../contract/definition.js';
import { type JsonValue } from '../../contract/json.js';
import { type AgentContext, type AgentHandler } from '../agent.js';
import { Agent } from '../decorators.js';
import { checkInput, numberFaults, objectInput, wholeNumber } from './agent.input.js';

/** Fails the first `failures` attempts of its step, then returns its input: for trying `retry`. */
@Agent({ name: 'flaky', description: 'Fails the first {failures} attempts of its step, then returns its input.' })
export class FlakyAgent implements AgentHandler {
  execute({ input, attempt }: AgentContext): JsonValue {
    const failures = wholeNumber('flaky', objectInput('flaky', input), 'failures', undefined, Number.MAX_SAFE_INTEGER);
    if (attempt <= failures) throw new Error(`attempt ${attempt} fails, as ${failures} shall`);
    return input;
  }

  check(step: Readonly<AgentStep>): void {
    checkInput('flaky', step, (input) => numberFaults(input, 'failures', undefined, Number.MAX_SAFE_INTEGER));
  }
}
