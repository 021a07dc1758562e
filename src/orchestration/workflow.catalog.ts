/** The workflows a user can start: those that code registers, and the definitions the user has stored. */
import { Injectable, Logger } from '@nestjs/common';
import { type ExecutionDefinition } from '../contract/api.js';
import { definitionData, STORED_LIMITS, type WorkflowDefinition } from '../contract/definition.js';
import { type Fault, StepcastError } from '../contract/errors.js';
import { type JsonValue, toJson } from '../contract/json.js';
import { type WorkflowPlan } from '../contract/plan.js';
import { Journal } from '../journal/journal.js';
import { type DefinitionSource, type OwnedExecution } from '../journal/journal.types.js';
import { Clock } from './clock.js';
import { CheckBudget } from './definition/check.budget.js';
import { assertDefinition, validateDefinition } from './definition/definition.validator.js';
import { fingerprintOf } from './definition/fingerprint.js';
import { compileSchema } from './definition/input.validator.js';
import { AgentRegistry } from './registry/agent.registry.js';
import { WorkflowRegistry } from './registry/workflow.registry.js';

/** A workflow that is ready to be run. */
export interface Runnable {
  definition: WorkflowDefinition;
  /** What is kept with an execution, to go on with; nothing where the code has it. */
  data: JsonValue;
  fingerprint: string;
  source: DefinitionSource;
  checkInput: (input: JsonValue) => Fault[] | Promise<Fault[]>;
}

export interface ListedWorkflow {
  definition: WorkflowDefinition;
  origin: 'code' | 'stored';
  createdAt: number | null;
}

const ORIGINS = { data: 'given', stored: 'stored', ephemeral: 'built' } as const satisfies Record<Exclude<DefinitionSource, 'code'>, ExecutionDefinition['origin']>;

@Injectable()
export class WorkflowCatalog {
  private readonly logger = new Logger(WorkflowCatalog.name);
  /** Of the checks of definitions and values that users send. */
  readonly checks = new CheckBudget();

  constructor(
    private readonly journal: Journal,
    private readonly registry: WorkflowRegistry,
    private readonly agents: AgentRegistry,
    private readonly clock: Clock,
  ) {}

  /** @throws StepcastError `not_found` */
  async byName(name: string, user: string): Promise<Runnable> {
    const registered = this.registry.get(name);
    if (registered) return { ...registered, data: null, source: 'code' };
    const stored = await this.journal.findWorkflow(user, name);
    if (!stored) throw absent(name);
    const runnable = this.checks.run(user, () => this.ofDefinition(stored.definition));
    return { ...runnable, source: 'stored' };
  }

  /** @throws StepcastError `invalid_definition` with every fault. */
  ofDefinition(definition: WorkflowDefinition): Runnable {
    assertDefinition(definition, this.agents);
    const { data, pure } = definitionData(definition);
    return {
      definition, data, fingerprint: fingerprintOf(definition), source: pure ? 'data' : 'ephemeral',
      checkInput: definition.inputSchema === undefined ? () => [] : compileSchema(definition.inputSchema),
    };
  }

  /** A definition from outside, checked, on the account of a user. @throws StepcastError `invalid_definition`, `rate_limited` */
  parse(value: unknown, basePath: string, user?: string): WorkflowDefinition {
    return this.checks.run(user, () => validateDefinition(value, this.agents, { basePath }));
  }

  /** What an execution is about to do, where its workflow tells it. A plan that cannot be made stops nothing. */
  planOf({ workflow, source, input }: OwnedExecution): WorkflowPlan | undefined {
    if (source !== 'code') return undefined;
    try {
      const plan = this.registry.get(workflow)?.plan?.(input);
      return plan && (toJson(plan) as unknown as WorkflowPlan);
    } catch (error) {
      this.logger.warn(`the plan of "${workflow}" could not be made: ${(error as Error).message}`);
      return undefined;
    }
  }

  /**
   * What an execution that was cut short goes on with.
   * @throws StepcastError `workflow_not_found`, `workflow_changed`
   */
  forResume(record: OwnedExecution): WorkflowDefinition {
    if (record.source === 'data' || record.source === 'stored') return record.definition as unknown as WorkflowDefinition;
    if (record.source === 'ephemeral') {
      throw new StepcastError('workflow_not_found', `${record.workflow} was built for one run and cannot be built again after a restart; register it with @Workflow, or build it without functions`);
    }
    const registered = this.registry.get(record.workflow);
    if (!registered) throw new StepcastError('workflow_not_found', `there is no workflow "${record.workflow}" in the code any more; deploy it again, or start a new execution`);
    if (registered.fingerprint !== record.fingerprint) {
      throw new StepcastError('workflow_changed', `the steps of "${record.workflow}" have changed since this execution started; start a new execution`);
    }
    return registered.definition;
  }

  /**
   * What an execution runs, or has run.
   * @throws StepcastError `not_found` where code had it, and has it no more as it was.
   */
  definitionOf(record: OwnedExecution): ExecutionDefinition {
    // All but what code registers is kept with the execution.
    if (record.source !== 'code') return { workflow: record.definition as unknown as WorkflowDefinition, origin: ORIGINS[record.source] };
    try {
      return { workflow: definitionData(this.forResume(record)).data as unknown as WorkflowDefinition, origin: 'code' };
    } catch (error) {
      if (!(error instanceof StepcastError)) throw error;
      throw new StepcastError('not_found', `the definition of this execution is not there any more: ${error.message}`, { cause: error });
    }
  }

  async list(user: string): Promise<ListedWorkflow[]> {
    const registered = this.registry.all().map(({ definition }): ListedWorkflow => ({ definition, origin: 'code', createdAt: null }));
    const stored = (await this.journal.listWorkflows(user)).map((workflow): ListedWorkflow => ({ ...workflow, origin: 'stored' }));
    return [...registered, ...stored.filter(({ definition }) => !this.registry.get(definition.name))];
  }

  /** @throws StepcastError `not_found` */
  async find(name: string, user: string): Promise<ListedWorkflow> {
    const registered = this.registry.get(name);
    if (registered) return { definition: registered.definition, origin: 'code', createdAt: null };
    const stored = await this.journal.findWorkflow(user, name);
    if (!stored) throw absent(name);
    return { ...stored, origin: 'stored' };
  }

  /** @throws StepcastError `conflict` where code registers the name, or the user has stored as much as is kept for one. */
  async save(user: string, definition: WorkflowDefinition): Promise<ListedWorkflow> {
    if (this.registry.get(definition.name)) throw new StepcastError('conflict', `"${definition.name}" is a workflow of this service itself; choose another name`);
    const now = this.clock.now();
    if (!(await this.journal.saveWorkflow(user, definition, now, STORED_LIMITS))) {
      const { count, bytes } = STORED_LIMITS;
      throw new StepcastError('conflict', `a user can store ${count} workflows, and ${bytes / 1024 / 1024} MiB of them together; delete one that is not needed (DELETE /workflows/:name), or run this one without storing it (POST /executions)`);
    }
    return { definition, origin: 'stored', createdAt: now };
  }

  /** @throws StepcastError `not_found`, `conflict` */
  async delete(user: string, name: string): Promise<void> {
    if (this.registry.get(name)) throw new StepcastError('conflict', `"${name}" is a workflow of this service itself and cannot be deleted`);
    if (!(await this.journal.deleteWorkflow(user, name))) throw absent(name);
  }
}

function absent(name: string): StepcastError {
  return new StepcastError('not_found', `there is no workflow "${name}"; GET /workflows lists those you can start`);
}
