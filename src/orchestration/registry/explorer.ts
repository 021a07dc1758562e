/** Finds the providers with `@Agent` and `@Workflow` when the module starts, and registers them. */
import { Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { DiscoveryService, Reflector } from '@nestjs/core';
import { inputRules } from './input.rules.js';
import { type WorkflowDefinition } from '../../contract/definition.js';
import { StepcastError } from '../../contract/errors.js';
import { type AgentHandler } from '../agent.js';
import { AGENT_METADATA, type AgentOptions, WORKFLOW_METADATA, type WorkflowOptions, type WorkflowProvider } from '../decorators.js';
import { assertDefinition } from '../definition/definition.validator.js';
import { rootSteps } from '../definition/fingerprint.js';
import { AgentRegistry } from './agent.registry.js';
import { WorkflowRegistry } from './workflow.registry.js';

@Injectable()
export class StepcastExplorer implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly reflector: Reflector,
    private readonly agents: AgentRegistry,
    private readonly workflows: WorkflowRegistry,
  ) {}

  onModuleInit(): void {
    for (const [options, instance] of this.found<AgentOptions>(AGENT_METADATA)) {
      if (typeof (instance as Partial<AgentHandler>).execute !== 'function') throw misused('@Agent', options.name, 'execute(context)');
      this.agents.register({ ...options, handler: instance as AgentHandler<never> });
    }
    // Workflows name agents, so all agents come first.
    for (const [options, instance] of this.found<WorkflowOptions>(WORKFLOW_METADATA)) {
      if (typeof (instance as Partial<WorkflowProvider>).define !== 'function') throw misused('@Workflow', options.name, 'define()');
      this.registerWorkflow(options, instance as WorkflowProvider);
    }
  }

  private registerWorkflow(options: WorkflowOptions, provider: WorkflowProvider): void {
    const { name, description, streaming, timeoutMs } = options;
    const rules = inputRules(options.input);
    const definition: WorkflowDefinition = { name, steps: rootSteps(provider.define()) };
    if (description !== undefined) definition.description = description;
    if (rules.schema !== undefined) definition.inputSchema = rules.schema;
    if (streaming !== undefined) definition.streaming = streaming;
    if (timeoutMs !== undefined) definition.timeoutMs = timeoutMs;
    assertDefinition(definition, this.agents);
    this.workflows.register(definition, rules.check);
  }

  private *found<Options>(key: string): Generator<[Options, object]> {
    const seen = new Set<object>();
    for (const wrapper of this.discovery.getProviders()) {
      const type = wrapper.metatype as Type<unknown> | undefined;
      if (!type || typeof type !== 'function') continue;
      const options = this.reflector.get<Options | undefined>(key, type);
      if (!options) continue;
      const instance = wrapper.instance as object | undefined;
      if (!instance || !wrapper.isDependencyTreeStatic()) {
        throw new StepcastError('conflict', `${type.name} is request-scoped; agents and workflows are singletons, take request data from the input`);
      }
      if (!seen.has(instance)) yield [options, instance];
      seen.add(instance);
    }
  }
}

function misused(decorator: string, name: string, method: string): StepcastError {
  return new StepcastError('conflict', `the class with ${decorator}('${name}') has no method ${method}`);
}
