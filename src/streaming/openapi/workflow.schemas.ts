/** What the routes of workflows answer. */
import { type ExecutionDefinition, type WorkflowDetail, type WorkflowSummary } from '../../contract/api.js';
import { type WorkflowDefinition } from '../../contract/definition.js';
import { DEFINITION_SCHEMAS } from './definition.schemas.js';
import { array, closed, nullable, oneOfNames, optional, ref, type Schema, text, time } from './schema.builder.js';

const SUMMARY = {
  name: text('What it is started by.'),
  description: nullable(text('For people.')),
  inputSchema: nullable(ref('JsonSchema'), 'What the input must meet; null where any will do.'),
  origin: oneOfNames<WorkflowSummary['origin']>('`code`: part of the service, for every user. `stored`: a definition of the user.', { code: true, stored: true }),
  createdAt: nullable(time('When the definition was stored.')),
};

const STEP: Schema = { anyOf: [ref('Step'), ref('CodeStep')] };
const STEPS = array(STEP);
const SHOWN = {
  streaming: optional(ref('StreamConfig')),
  timeoutMs: optional(ref('Timeout', 'Milliseconds from the start, after which it fails with `workflow_timeout`.')),
  steps: { ...STEPS, description: 'Run in order. Of a workflow from code, they may hold functions.' },
};

export const WORKFLOW_SCHEMAS: Record<string, Schema> = {
  WorkflowSummary: closed<WorkflowSummary>('A workflow in a list.', SUMMARY),
  WorkflowList: closed<{ workflows: WorkflowSummary[] }>('All workflows that the user can start.', { workflows: array(ref('WorkflowSummary')) }),
  WorkflowDetail: closed<WorkflowDetail>('A workflow with its definition.', {
    ...SUMMARY,
    ...SHOWN,
  }),
  ExecutionDefinition: closed<ExecutionDefinition>('What an execution runs.', {
    workflow: ref('ShownDefinition'),
    origin: oneOfNames<ExecutionDefinition['origin']>(
      '`code`: part of the service. `stored`: the user\'s, under its name. `given`: whole with the start. `built`: by code with functions, for this execution alone.',
      { code: true, stored: true, given: true, built: true },
    ),
  }),
  ShownDefinition: closed<WorkflowDefinition>('A definition as it was at the start of an execution.', {
    name: SUMMARY.name,
    description: optional(text('For people.')),
    inputSchema: optional(ref('JsonSchema', 'What the input must meet.')),
    ...SHOWN,
  }),
  CodeStep: codeStep(),
  CodeFunction: closed<{ $function: true }>('Stands for a function, which JSON cannot show. No definition that is sent may hold it.', { $function: { const: true } }),
};

/** The fields of all types of step in one, with functions where code may have them: such steps are only looked at, never sent. */
function codeStep(): Schema {
  const names = (DEFINITION_SCHEMAS['Step']?.['oneOf'] as { $ref: string }[]).map(({ $ref }) => $ref.slice($ref.lastIndexOf('/') + 1));
  const fields = names.map((name) => DEFINITION_SCHEMAS[name]?.['properties'] as Schema);
  const orFunction = (schema: Schema): Schema => ({ anyOf: [schema, ref('CodeFunction')] });
  return {
    type: 'object',
    description: 'A step of a workflow from code that holds functions, itself or below it. Its fields are those of the step of its type.',
    additionalProperties: false,
    required: ['type', 'name'],
    properties: {
      ...Object.assign({}, ...fields) as Schema,
      type: ref('StepType'),
      agent: orFunction({ type: 'string' }),
      when: orFunction(ref('Expression')),
      until: orFunction(ref('Expression')),
      steps: STEPS, step: STEP, then: STEP, else: STEP,
    },
  };
}
