/** What the document cannot say of its values: which agents there are and what they take, what an expression is, what exists. */
import fc from 'fast-check';
import { type JsonObject, type JsonValue } from '../../../src/contract/json.js';
import { hostileJson, hostileText } from './hostile.js';
import { anyJson, type Hints } from './schema.arbitrary.js';
import { type Pool, token } from './world.js';

/** Of the service as it is configured here, it can reach none of them. */
const ADDRESSES = ['http://127.0.0.1:1/', 'http://[::1]:1/', 'http://localhost:1', 'http://169.254.169.254/latest', 'http://0x7f000001/', 'http://[::ffff:127.0.0.1]/', 'ftp://127.0.0.1/', 'http://', 'http://127.0.0.1:99999/', 'javascript:alert(1)'];
const TEMPLATES = ['{{input}}', '{{previous}}', '{{input.text}}', '{{steps.s1.output}}', 'a {{input}} b', '{{input[0].a}}', '{{', '{{}}', '{{nowhere}}', '{{__proto__}}', '{{input.constructor}}'];
const EXPRESSIONS = [
  'true', 'true', 'true', 'false', 'false', 'input != 7', 'input == null', 'has(input.text)', 'input == null', 'has(input.text)', 'size(input) > 1', '1 / 0 == 1', 'input.text.matches("(a+)+$")', 'steps.s1.output == 1', '"a" + 1', 'timestamp("x") > now', '[1,2].all(x, x > 0)',
  '1 == ', '((((((((((true))))))))))', 'input.__proto__ == null', 'steps', '"\\ud800" == input', `${'true && '.repeat(200)}true`, '9223372036854775807 + 1 > 0', 'input[input]', 'type(input)', 'dyn(1)',
];
const SCHEMAS: JsonValue[] = [true, {}, true, { type: ['object', 'string', 'boolean', 'null', 'number', 'array'] }, { type: 'object' }, { type: ['string', 'null'] }, { type: 'boolean' }];
const ODD_SCHEMAS: JsonValue[] = [
  false, { type: 'nothing' }, { $ref: '#' }, { $ref: '#/nowhere' }, { $ref: 'https://schema.test/x.json' }, { pattern: '(' }, { type: 'string', pattern: '^(a+)+$' },
  { type: 'object', required: ['text'], properties: { text: { type: 'string', minLength: 1 } } }, { $schema: 'http://json-schema.org/draft-07/schema#', type: 'object' }, { $schema: 'urn:unknown' }, { $id: 'urn:stepcast:workflow-definition' }, { $id: 'x', $ref: 'x' },
  { $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } }, $ref: '#/$defs/a' }, { $async: true }, { format: 'regex' }, { format: 'unknown' }, { multipleOf: 0 }, { minLength: -1 }, { if: true, then: false }, { unevaluatedProperties: false }, { $dynamicRef: '#x' },
  { enum: [] }, { const: { __proto: 1 } }, { items: [{}] }, { $data: '1/a' }, { minimum: { $data: '1/a' } }, { discriminator: { propertyName: 'a' }, oneOf: [] }, { description: 7 },
];

const few = (max: number) => fc.nat({ max });
/** Mostly next to nothing, so that what is started also ends; sometimes as much as there may be. */
const duration = fc.oneof({ weight: 6, arbitrary: few(30) }, { weight: 1, arbitrary: fc.constantFrom(500, 86_400_000) });
const stepName = fc.oneof({ weight: 9, arbitrary: few(100_000).map((n) => `s${n}`) }, { weight: 1, arbitrary: fc.constantFrom('s1', 'toString', 'constructor', 'x'.repeat(100)) });

const work = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constant('echo'), fc.oneof(anyJson, fc.constantFrom<JsonValue>(...TEMPLATES, { a: '{{input}}' }))) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('delay'), duration.map((ms): JsonValue => ({ ms }))) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('tokens'), fc.record({ text: fc.string({ unit: 'binary', maxLength: 200 }), count: fc.integer({ min: 1, max: 50 }), intervalMs: few(3) }, { requiredKeys: ['text'], noNullPrototype: true })) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('flaky'), few(4).map((failures): JsonValue => ({ failures }))) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('http'), fc.record({ method: fc.constantFrom('GET', 'POST', 'get', 'X'), url: fc.constantFrom(...ADDRESSES), headers: fc.constantFrom<JsonValue>({}, { host: 'x' }, { a: '\r\nb: c' }) }, { requiredKeys: ['url'], noNullPrototype: true })) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('llm'), fc.record({ model: fc.constantFrom('demo/writer', 'demo/nobody', 'openai/x', ''), prompt: fc.constantFrom('Why?', '{{input}}', '') }, { noNullPrototype: true })) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('tool'), fc.record({ tool: hostileText, input: anyJson }, { noNullPrototype: true })) },
  { weight: 1, arbitrary: fc.tuple(fc.oneof(fc.constantFrom('echo', 'delay', 'tokens', 'flaky', 'llm', 'http', 'tool', 'nobody'), hostileText), hostileJson) },
);

const agentStep = fc.tuple(stepName, work, fc.option(fc.constantFrom(1, 50, 86_400_000), { freq: 4, nil: undefined }))
  .map(([name, [agent, input], timeoutMs]): JsonObject => ({ type: 'agent', name, agent, input, ...(timeoutMs === undefined ? {} : { timeoutMs }) }));

const from = (pool: Pool) => fc.nat({ max: 100_000 }).map((pick) => token(pool, pick));
const seq = fc.oneof({ weight: 4, arbitrary: few(6).map(String) }, { weight: 1, arbitrary: fc.constantFrom('0', '50', '999999999999999', '1000000000000000', '-1') });
const input = fc.oneof({ weight: 3, arbitrary: anyJson }, { weight: 2, arbitrary: fc.constantFrom<JsonValue>({ text: 'It is short. It is not long.' }, { task: 'A clock' }, { question: 'How many?' }, { topic: 'x' }, true, 'yes', null) });

export const BODY_HINTS: Hints = {
  JsonValue: input,
  JsonSchema: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...SCHEMAS) }, { weight: 1, arbitrary: fc.constantFrom(...ODD_SCHEMAS) }),
  StepName: stepName,
  Expression: fc.constantFrom(...EXPRESSIONS),
  Timeout: fc.constantFrom(1, 100, 5000, 86_400_000),
  Delay: duration,
  AgentStep: agentStep,
  'IterationStep.maxIterations': fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max: 4 }) }, { weight: 1, arbitrary: fc.constantFrom(500, 10_000) }),
  'RetryStep.maxAttempts': fc.integer({ min: 1, max: 5 }),
  'WorkflowDefinition.name': few(30).map((n) => `fuzz-${n}`),
  'WorkflowDefinition.steps': fc.array(agentStep, { minLength: 1, maxLength: 3 }),
  'StartBody.input': input,
  'RunBody.input': input,
  'InputBody.stepId': fc.constantFrom(null, null, 'ask', 'ask', 's1', 's1[1]/s2'),
  'KeyBody.user': fc.constantFrom('alice', 'bob', 'zoë', 'a'.repeat(200)),
  'KeyBody.roles[]': fc.constantFrom('admin', 'reader'),
  'KeyBody.scopes[]': fc.constantFrom('workflows:run', 'executions:read', 'executions:cancel', 'metrics:read', 'other:scope'),
  'KeyBody.expiresAt': fc.constantFrom('2099-01-01T00:00:00.000Z', '2099-01-01', '9999-12-31T23:59:59Z', '2099-W01-1', '2099-001', '2100-02-29T00:00:00Z'),
};

/** Of parameters, by their names: texts as they stand in a path, a query or a header. */
export const PARAMETER_HINTS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  id: fc.oneof({ weight: 8, arbitrary: from('own') }, { weight: 2, arbitrary: from('executions') }, { weight: 1, arbitrary: fc.uuid() }),
  'sendInput.id': fc.oneof({ weight: 5, arbitrary: from('waiting') }, { weight: 1, arbitrary: from('own') }),
  'keys.id': from('keys'),
  name: from('workflows'),
  workflow: from('workflows'),
  executions: fc.array(from('own'), { minLength: 1, maxLength: 4 }).map((ids) => ids.join(',')),
  ticket: from('tickets'),
  cursor: from('pages'),
  lastEventId: seq,
  'last-event-id': seq,
  'several.lastEventId': from('cursors'),
  'several.last-event-id': from('cursors'),
  accept: fc.constantFrom('text/event-stream', 'text/event-stream', 'application/json'),
  'idempotency-key': few(400).map((n) => `key-${n}`),
  traceparent: fc.constantFrom('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', '00-00000000000000000000000000000000-0000000000000000-00', 'ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', '00-x'),
  sessionId: fc.constantFrom('s1', 'chat-42'),
};
