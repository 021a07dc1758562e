import { setTimeout as sleep } from 'node:timers/promises';
import { type AgentStep } from '../../contract/definition.js';
import { type JsonValue } from '../../contract/json.js';
import { type AgentContext, type AgentHandler } from '../agent.js';
import { Agent } from '../decorators.js';
import { checkInput, numberFaults, objectInput, wholeNumber } from './agent.input.js';

/** Waits `ms` milliseconds in silence, then returns its input. */
@Agent({ name: 'delay', description: 'Waits {ms} milliseconds in silence, then returns its input.' })
export class DelayAgent implements AgentHandler {
  async execute({ input, signal }: AgentContext): Promise<JsonValue> {
    await sleep(wholeNumber('delay', objectInput('delay', input), 'ms', undefined), undefined, { signal });
    return input;
  }

  check(step: Readonly<AgentStep>): void {
    checkInput('delay', step, (input) => numberFaults(input, 'ms', undefined));
  }
}
