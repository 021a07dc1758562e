import { Injectable } from '@nestjs/common';
import { type WorkflowDefinition } from '../../contract/definition.js';
import { type Fault, StepcastError } from '../../contract/errors.js';
import { type JsonValue } from '../../contract/json.js';
import { type WorkflowPlan } from '../../contract/plan.js';
import { ProgressMeter } from '../../contract/progress.js';
import { fingerprintOf } from '../definition/fingerprint.js';

export interface RegisteredWorkflow {
  definition: WorkflowDefinition;
  fingerprint: string;
  /** What the input is checked with before a start; answers its faults. */
  checkInput: (input: JsonValue) => Fault[] | Promise<Fault[]>;
  /** What an execution with this input is about to do, where the workflow tells it. */
  plan?: (input: JsonValue) => WorkflowPlan;
}

/** The workflows that code registers: every user may start them by name. */
@Injectable()
export class WorkflowRegistry {
  private readonly workflows = new Map<string, RegisteredWorkflow>();

  /** @throws StepcastError where the name is taken. */
  register(definition: WorkflowDefinition, checkInput: RegisteredWorkflow['checkInput'], plan?: RegisteredWorkflow['plan']): void {
    if (this.workflows.has(definition.name)) throw new StepcastError('conflict', `two workflows are named "${definition.name}"; rename one`);
    ProgressMeter.share(definition.steps);
    this.workflows.set(definition.name, { definition, fingerprint: fingerprintOf(definition), checkInput, ...(plan ? { plan } : {}) });
  }

  get(name: string): RegisteredWorkflow | undefined {
    return this.workflows.get(name);
  }

  all(): RegisteredWorkflow[] {
    return [...this.workflows.values()];
  }
}
