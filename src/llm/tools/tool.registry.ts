/** The tools that models and `tool` steps can name. */
import { Injectable } from '@nestjs/common';
import { DEFINITION_LIMITS } from '../../contract/definition.js';
import { type Fault, StepcastError } from '../../contract/errors.js';
import { isObject, type JsonValue } from '../../contract/json.js';
import { checkSchema } from '../../orchestration/definition/input.validator.js';
import { type ToolHandler } from './tool.js';

export interface RegisteredTool {
  name: string;
  description: string;
  /** JSON Schema of the input, always of an object. */
  schema: JsonValue;
  timeoutMs: number;
  /** What is wrong with an input; paths are JSON Pointers into it. */
  check(input: JsonValue): Fault[] | Promise<Fault[]>;
  handler: ToolHandler<never>;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;

@Injectable()
export class ToolRegistry {
  private readonly tools = new Map<string, RegisteredTool>();

  /** @throws StepcastError `conflict` where the name is taken, `invalid_definition` where no provider of models would take the tool. */
  register(tool: RegisteredTool): void {
    if (this.tools.has(tool.name)) throw new StepcastError('conflict', `two tools are named "${tool.name}"; rename one`);
    const faults = toolFaults(tool);
    if (faults.length) {
      const lines = faults.map(({ path, message }) => `- ${path} ${message}`);
      throw new StepcastError('invalid_definition', [`the tool "${tool.name}" cannot be used:`, ...lines].join('\n'), { faults });
    }
    this.tools.set(tool.name, tool);
  }

  get(name: string): RegisteredTool | undefined {
    return this.tools.get(name);
  }

  names(): string[] {
    return [...this.tools.keys()];
  }
}

function toolFaults({ name, description, schema, timeoutMs }: RegisteredTool): Fault[] {
  const faults = checkSchema(schema, '/schema');
  const add = (path: string, message: string) => faults.push({ path, message });
  if (!NAME.test(name)) add('/name', 'must be 1 to 64 letters, digits, _ or -, and begin with a letter or _');
  if (typeof description !== 'string' || description.trim() === '') add('/description', 'is missing; models choose tools by it');
  if (!isObject(schema) || schema['type'] !== 'object') add('/schema', 'must be a JSON Schema with "type": "object" at its root; models call tools with named arguments');
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > DEFINITION_LIMITS.durationMs) add('/timeoutMs', `must be a whole number from 1 to ${DEFINITION_LIMITS.durationMs}`);
  return faults;
}
