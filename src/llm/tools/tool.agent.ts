import { type AgentStep } from '../../contract/definition.js';
import { type Fault, StepcastError } from '../../contract/errors.js';
import { isObject, type JsonObject, type JsonValue, memberPath } from '../../contract/json.js';
import { type AgentContext, type AgentHandler } from '../../orchestration/agent.js';
import { Agent } from '../../orchestration/decorators.js';
import { isTemplate, refuseInput, refuseStep } from '../../orchestration/agents/step.faults.js';
import { ToolRegistry } from './tool.registry.js';
import { ToolRunner, unknownTool } from './tool.runner.js';

const MEMBERS = new Set(['tool', 'input']);

/** Runs one tool; its output is the tool's. */
@Agent({ name: 'tool', description: 'Runs the tool {tool} with {input}; its output is what the tool answers.' })
export class ToolAgent implements AgentHandler {
  constructor(private readonly runner: ToolRunner, private readonly tools: ToolRegistry) {}

  execute(context: AgentContext): Promise<JsonValue> {
    refuseInput('tool', faultsOf(context.input));
    const { tool, input = {} } = context.input as JsonObject;
    return this.runner.run(tool as string, input, context, { callId: 'call_1' });
  }

  check({ name, input }: Readonly<AgentStep>): void {
    if (input === undefined || typeof input === 'function' || isTemplate(input)) return;
    refuseStep('tool', name, faultsOf(input));
    const { tool } = input as JsonObject;
    if (isTemplate(tool) || this.tools.get(tool as string)) return;
    const { message } = unknownTool(tool as string, this.tools.names());
    throw new StepcastError('invalid_definition', `the step ${name} cannot run: ${message}`, { faults: [{ path: '/input/tool', message }] });
  }
}

function faultsOf(input: JsonValue): Fault[] {
  if (!isObject(input)) return [{ path: '', message: 'must be an object {tool, input}' }];
  const faults = Object.keys(input).filter((key) => !MEMBERS.has(key)).map((key) => ({ path: memberPath('', key), message: 'is not known; there are tool and input' }));
  if (typeof input['tool'] !== 'string' || input['tool'] === '') faults.push({ path: '/tool', message: 'must be the name of a tool' });
  return faults;
}
