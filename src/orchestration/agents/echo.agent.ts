import { type JsonValue } from '../../contract/json.js';
import { type AgentContext, type AgentHandler } from '../agent.js';
import { Agent } from '../decorators.js';

/** Returns its input. */
@Agent({ name: 'echo', description: 'Returns its input.' })
export class EchoAgent implements AgentHandler {
  execute({ input }: AgentContext): JsonValue {
    return input;
  }
}
