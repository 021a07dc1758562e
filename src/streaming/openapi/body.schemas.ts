/** The bodies that routes take; what checks them is in dto/bodies.ts. */
import { BODY_LIMITS, type CancelBody, type InputBody, type RunBody, type StartBody } from '../dto/bodies.js';
import { closed, nullable, optional, ref, type Schema, text } from './schema.builder.js';

const START = {
  input: optional(ref('JsonValue', 'The input of the workflow; checked against its input schema. Left out, it is null.')),
  sessionId: optional(nullable(text('Groups executions, say of one conversation; a filter of the list.', { minLength: 1, maxLength: BODY_LIMITS.sessionId }))),
};

export const BODY_SCHEMAS: Record<string, Schema> = {
  StartBody: closed<StartBody>('How to start a workflow.', START),
  RunBody: closed<RunBody>('What to run, and how.', { workflow: ref('WorkflowDefinition'), ...START }),
  InputBody: closed<InputBody>('The answer to a step that waits.', {
    stepId: optional(nullable(text('Which step is answered; may be left out where one waits.', { maxLength: BODY_LIMITS.stepId }))),
    value: ref('JsonValue', 'The answer; checked against the schema of the step.'),
  }),
  CancelBody: closed<CancelBody>('Why.', {
    reason: optional(nullable(text('Told to readers in `workflow_cancelled`.', { maxLength: BODY_LIMITS.reason }))),
  }),
};
