/** Finds the providers with `@Agent` and `@Workflow` when the module starts, and registers them. */
import { Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { DiscoveryService, Reflector } from '@nestjs/core';
import { inputRules } from './input.rules.js';
import { type WorkflowDefinition } from '../../contract/definition.js';
import { type Fault, StepcastError } from '../../contract/errors.js';
import { type AgentHandler } from '../agent.js';
import { agentCacheFaults } from '../cache/cache.options.js';
import { AGENT_METADATA, type AgentOptions, SHIPPED_METADATA, WORKFLOW_METADATA, type WorkflowOptions, type WorkflowProvider } from '../decorators.js';
import { assertDefinition } from '../definition/definition.validator.js';
import { rootSteps } from '../definition/fingerprint.js';
import { AgentRegistry } from './agent.registry.js';
import { type FoundProvider, foundProviders } from './found-providers.js';
import { WorkflowRegistry } from './workflow.registry.js';

@Injectable()
export class StepcastExplorer implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly reflector: Reflector,
    private readonly agents: AgentRegistry,
    private readonly workflows: WorkflowRegistry,
  ) {}

  async onModuleInit(): Promise<void> {
    for (const { options, instance } of this.found<AgentOptions>(AGENT_METADATA)) {
      if (typeof (instance as Partial<AgentHandler>).execute !== 'function') throw misused('@Agent', options.name, 'execute(context)');
      const faults = agentCacheFaults(options.cache);
      if (faults.length) throw new StepcastError('conflict', `the cache of @Agent('${options.name}') cannot be: ${faults.join('; ')}`);
      this.agents.register({ ...options, handler: instance as AgentHandler<never> });
    }
    // Workflows name agents, so all agents come first.
    for (const { options, instance } of this.found<WorkflowOptions>(WORKFLOW_METADATA)) {
      if (typeof (instance as Partial<WorkflowProvider>).define !== 'function') throw misused('@Workflow', options.name, 'define()');
      await this.registerWorkflow(options, instance as WorkflowProvider);
    }
  }

  private async registerWorkflow(options: WorkflowOptions, provider: WorkflowProvider): Promise<void> {
    const { name, description, streaming, timeoutMs } = options;
    const rules = await inputRules(options.input);
    const definition: WorkflowDefinition = { name, steps: rootSteps(provider.define()) };
    if (description !== undefined) definition.description = description;
    if (rules.schema !== undefined) definition.inputSchema = rules.schema;
    if (streaming !== undefined) definition.streaming = streaming;
    if (timeoutMs !== undefined) definition.timeoutMs = timeoutMs;
    try {
      if (!this.reflector.get<boolean | undefined>(SHIPPED_METADATA, provider.constructor as Type<unknown>)) assertDefinition(definition, this.agents);
    } catch (error) {
      throw error instanceof StepcastError && error.faults ? unfit(name, error.faults) : error;
    }
    this.workflows.register(definition, rules.check, provider.plan?.bind(provider));
  }

  private found<Options>(key: string): Iterable<FoundProvider<Options>> {
    return foundProviders(
      this.discovery.getProviders(), (type) => this.reflector.get<Options | undefined>(key, type),
      'agents and workflows are singletons, take request data from the input',
    );
  }
}

/** Why a workflow cannot run, on a line each: it stops the start, and the log of the start is all there is to go by. */
function unfit(name: string, faults: Fault[]): StepcastError {
  const lines = faults.map(({ path, message }) => `- ${path} ${message}`);
  return new StepcastError('invalid_definition', [`the workflow "${name}" cannot run:`, ...lines].join('\n'), { faults });
}

function misused(decorator: string, name: string, method: string): StepcastError {
  return new StepcastError('conflict', `the class with ${decorator}('${name}') has no method ${method}`);
}
