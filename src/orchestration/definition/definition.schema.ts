/**
 * The JSON form of a workflow (CONTRACT section 5) as a JSON Schema, 2020-12. It says what JSON Schema can say; what
 * needs the whole tree or the installation (unique names, known agents, expressions, levels, bytes) is checked by
 * `definition.validator.ts`. `$id` lets its references hold where it is part of another document, such as OpenAPI's.
 */
import { DEFINITION_LIMITS as LIMITS } from '../../contract/definition.js';
import { type JsonObject } from '../../contract/json.js';

const ref = (name: string): JsonObject => ({ $ref: `#/$defs/${name}` });
const steps = (description: string): JsonObject => ({ type: 'array', minItems: 1, items: ref('Step'), description });

/** One type of step: what every step has, and what only this one has. */
function stepSchema(type: string, description: string, required: string[], properties: JsonObject): JsonObject {
  return {
    type: 'object',
    description,
    additionalProperties: false,
    required: ['type', 'name', ...required],
    properties: {
      type: { const: type },
      name: ref('StepName'),
      description: { type: 'string' },
      timeoutMs: { ...ref('Timeout'), description: 'The step fails with step_timeout when they are over.' },
      ...properties,
    },
  };
}

export const WORKFLOW_DEFINITION_SCHEMA: JsonObject = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:stepcast:workflow-definition',
  title: 'WorkflowDefinition',
  description: `A workflow: steps that run in order. At most ${LIMITS.steps} steps, ${LIMITS.levels} levels and ${LIMITS.bytes / 1024} KiB.`,
  type: 'object',
  additionalProperties: false,
  required: ['name', 'steps'],
  properties: {
    name: { type: 'string', pattern: `^[A-Za-z0-9_][A-Za-z0-9._-]{0,${LIMITS.nameLength - 1}}$`, description: 'Unique among the workflows of a user.' },
    description: { type: 'string' },
    inputSchema: { ...ref('JsonSchema'), description: 'JSON Schema of the input, checked before the start.' },
    streaming: ref('StreamConfig'),
    timeoutMs: { ...ref('Timeout'), description: 'From the start, waiting and downtime included; then the workflow fails with workflow_timeout.' },
    steps: steps('Run in order. The output of the last one is the result of the workflow.'),
  },
  $defs: {
    StepName: {
      type: 'string',
      maxLength: LIMITS.nameLength,
      pattern: '^(?!__proto__$)[A-Za-z_][A-Za-z0-9_]*$',
      description: 'Unique in the whole workflow.',
    },
    Timeout: { type: 'integer', minimum: 1, maximum: LIMITS.durationMs, description: 'Milliseconds.' },
    Delay: { type: 'integer', minimum: 0, maximum: LIMITS.durationMs, description: 'Milliseconds.' },
    Expression: {
      type: 'string',
      minLength: 1,
      maxLength: LIMITS.expressionLength,
      description: 'CEL over `input` and `steps.<name>.output` that gives true or false.',
      examples: ['size(steps.gather.output) >= 2'],
    },
    JsonSchema: { type: ['object', 'boolean'], description: 'A JSON Schema: 2020-12, or draft-07 where `$schema` says so.' },
    StreamConfig: {
      type: 'object',
      description: 'How much of an execution is streamed.',
      additionalProperties: false,
      properties: {
        enabled: { type: 'boolean', default: true, description: 'false: only the life of the workflow and its steps is logged, not what happens within a step.' },
        emitProgress: { type: 'boolean', default: true, description: 'false: no step_progress.' },
        emitLogs: { type: 'boolean', default: true, description: 'false: no message from agents.' },
        bufferSize: { type: 'integer', minimum: 1, maximum: 100_000, default: 1000, description: 'Events kept in memory for readers at the live end.' },
        flushIntervalMs: {
          type: 'integer', minimum: 0, maximum: 60_000, default: 0,
          description: 'Milliseconds over which pieces of text are put together into one event; 0 sends each at once.',
        },
      },
    },
    Backoff: {
      type: 'object',
      description: 'How long to wait between two attempts.',
      additionalProperties: false,
      properties: {
        delayMs: { ...ref('Delay'), default: 1000, description: 'Milliseconds before the second attempt.' },
        factor: { type: 'number', minimum: 1, maximum: 100, default: 2, description: 'Each delay is the one before times this.' },
        maxDelayMs: { ...ref('Delay'), default: 60_000, description: 'Bound of a delay, in milliseconds.' },
        jitter: { type: 'boolean', default: true, description: 'A delay is drawn between 0 and its value.' },
      },
    },
    CacheOptions: {
      type: ['boolean', 'object'],
      description: 'Whether results are kept and given again in the place of running the agent. Default what the agent says of itself, and else false.',
      additionalProperties: false,
      properties: {
        ttlMs: { type: 'integer', minimum: 1, maximum: LIMITS.cacheTtlMs, description: 'Milliseconds that a result is good for; default that of the service.' },
        scope: { enum: ['user', 'shared'], default: 'user', description: 'Whose results are looked at. `shared`, of all users, is for workflows of the code alone.' },
        similarity: {
          type: 'number', exclusiveMinimum: 0, maximum: 1,
          description: 'How similar another prompt must be for its result to do, where an embedding model is configured; default that of the service, and 1 with a `key` and for agents that do not say what their prompt is. 1: only the same input does.',
        },
        key: {
          type: 'string', minLength: 1, maxLength: LIMITS.expressionLength,
          description: 'What the result depends on, in the place of the input; may hold `{{path}}`.', examples: ['{{input.question}}'],
        },
      },
    },
    Step: {
      type: 'object',
      discriminator: { propertyName: 'type' },
      oneOf: ['AgentStep', 'SequentialStep', 'ParallelStep', 'ConditionalStep', 'RetryStep', 'IterationStep', 'InputStep'].map(ref),
    },
    AgentStep: stepSchema('agent', 'Runs an agent; its output is what the agent returns.', ['agent'], {
      agent: { type: 'string', minLength: 1, maxLength: LIMITS.nameLength, description: 'Name of a registered agent.' },
      input: {
        description: 'Any JSON, whose strings may hold `{{path}}`; a string that is one `{{path}}` keeps the type of the value. '
          + 'Default: the output of the step before, or the input of the workflow.',
        examples: [{ prompt: 'Plan research on {{input.topic}}' }],
      },
      cache: ref('CacheOptions'),
    }),
    SequentialStep: stepSchema('sequential', 'Runs its steps in order; its output is that of the last one.', ['steps'], { steps: steps('Run in order.') }),
    ParallelStep: stepSchema('parallel', 'Runs its steps at the same time; its output is an object by their names.', ['steps'], {
      steps: steps('The branches.'),
      concurrency: { type: 'integer', minimum: 1, maximum: 1000, description: 'How many branches run at once; default all.' },
      onError: {
        enum: ['fail', 'continue'],
        default: 'fail',
        description: 'fail: the first failure cancels the other branches. continue: branches that failed are left out of the output.',
      },
    }),
    ConditionalStep: stepSchema('conditional', 'Runs one of two steps; its output is that of the one that ran.', ['when', 'then'], {
      when: ref('Expression'),
      then: ref('Step'),
      else: ref('Step'),
    }),
    RetryStep: stepSchema('retry', 'Runs its step again while it fails.', ['maxAttempts', 'step'], {
      maxAttempts: { type: 'integer', minimum: 1, maximum: LIMITS.maxAttempts },
      backoff: ref('Backoff'),
      step: ref('Step'),
    }),
    IterationStep: stepSchema('iteration', 'Runs its step several times; its output is that of the last time.', ['maxIterations', 'step'], {
      maxIterations: { type: 'integer', minimum: 1, maximum: LIMITS.maxIterations },
      until: { ...ref('Expression'), description: 'Checked after each iteration; true ends the loop. Without it, `maxIterations` run.' },
      step: ref('Step'),
    }),
    InputStep: stepSchema('input', 'Waits for a person; its output is the answer.', [], {
      prompt: { type: 'string', description: 'What the person is asked; may hold `{{path}}`.' },
      schema: { ...ref('JsonSchema'), description: 'JSON Schema that the answer must meet.' },
    }),
  },
};
