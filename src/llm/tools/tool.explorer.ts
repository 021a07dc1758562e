/** Finds the providers with `@Tool` when the module starts, and registers them. */
import { Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { DiscoveryService, Reflector } from '@nestjs/core';
import { StepcastError } from '../../contract/errors.js';
import { type JsonValue } from '../../contract/json.js';
import { foundProviders } from '../../orchestration/registry/found-providers.js';
import { type InputRules, inputRules } from '../../orchestration/registry/input.rules.js';
import { TOOL_METADATA, type ToolHandler, type ToolOptions } from './tool.js';
import { ToolRegistry } from './tool.registry.js';

const DEFAULT_TIMEOUT_MS = 60_000;
const ANY_OBJECT: JsonValue = { type: 'object' };

@Injectable()
export class ToolExplorer implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly reflector: Reflector,
    private readonly tools: ToolRegistry,
  ) {}

  async onModuleInit(): Promise<void> {
    const optionsOf = (type: Type<unknown>) => this.reflector.get<ToolOptions | undefined>(TOOL_METADATA, type);
    const rule = 'tools are singletons, take data of the call from its input and its context';
    for (const { options, instance } of foundProviders(this.discovery.getProviders(), optionsOf, rule)) {
      const { name, description, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
      if (typeof (instance as Partial<ToolHandler>).execute !== 'function') {
        throw new StepcastError('conflict', `the class with @Tool('${name}') has no method execute(input, context)`);
      }
      const { schema, check } = await this.rules(options);
      this.tools.register({ name, description, schema: schema as JsonValue, timeoutMs, check, handler: instance as ToolHandler<never> });
    }
  }

  /** What the input of a tool is checked with: as that of a workflow, an object where nothing is said. */
  private async rules({ name, schema = ANY_OBJECT }: ToolOptions): Promise<InputRules> {
    try {
      return await inputRules(schema);
    } catch (error) {
      throw new StepcastError('invalid_definition', `the schema of the tool "${name}" cannot be made of its class: ${(error as Error).message}`, { cause: error });
    }
  }
}
