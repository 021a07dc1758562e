/**
 * Whether a definition can be run, with every fault and its place: first its form, by the JSON Schema of
 * `definition.schema.ts`, then what needs the whole tree or the installation. Both are always told together, so the
 * second walk takes nothing for granted that the first would have refused.
 */
import { createRequire } from 'node:module';
import { type ErrorObject, type ValidateFunction } from 'ajv';
import { DEFINITION_LIMITS as LIMITS, type WorkflowDefinition } from '../../contract/definition.js';
import { type Fault, StepcastError } from '../../contract/errors.js';
import { isObject, type JsonObject, type JsonValue, memberPath, NotJsonError, toJson } from '../../contract/json.js';
import { nearestName } from '../../contract/nearest.name.js';
import { cut } from '../../contract/text.js';
import { CODE_AGENT, formOf } from './definition.form.js';
import { WORKFLOW_DEFINITION_SCHEMA } from './definition.schema.js';
import { compileExpression } from './expression.js';
import { MAX_FAULTS, toFaults } from './faults.js';
import { checkSchema } from './input.validator.js';
import { templateFaults } from './template.js';

/** Of the agents that there are, as many are named to whoever names another. */
const LISTED_AGENTS = 20;

/** What of the installation a definition depends on. */
export interface KnownAgents {
  hasAgent(name: string): boolean;
  names(): readonly string[];
}

/** What only a tree built in code may have, as it is not made by a user. */
interface Trust {
  sharedCache: boolean;
}

/**
 * A definition from outside, checked; a copy of its own.
 * @param options `basePath`: what the paths of faults start with, such as `/workflow`.
 * @throws StepcastError `invalid_definition` with every fault, at most 100.
 */
export function validateDefinition(value: unknown, known: KnownAgents, options: { basePath?: string } = {}): WorkflowDefinition {
  const { basePath = '' } = options;
  const definition = asJson(value, basePath);
  const bytes = Buffer.byteLength(JSON.stringify(definition));
  if (bytes > LIMITS.bytes) {
    refuse([{ path: basePath, message: `has ${bytes} bytes of JSON; at most ${LIMITS.bytes} are allowed, so pass large data as input` }]);
  }
  check(definition, known, basePath, { sharedCache: false });
  return definition as unknown as WorkflowDefinition;
}

/**
 * The same for a tree built in code, which may hold functions and has no bound on its bytes.
 * @throws StepcastError `invalid_definition` with every fault, at most 100.
 */
export function assertDefinition(definition: WorkflowDefinition, known: KnownAgents): void {
  const ofCode: KnownAgents = { hasAgent: (name) => name === CODE_AGENT || known.hasAgent(name), names: () => known.names() };
  check(asJson(formOf(definition), ''), ofCode, '', { sharedCache: true });
}

function asJson(value: unknown, path: string): JsonValue {
  try {
    return toJson(value);
  } catch (error) {
    if (error instanceof NotJsonError) return refuse([{ path: path + error.path, message: error.message }]);
    throw error;
  }
}

function check(definition: JsonValue, known: KnownAgents, path: string, trust: Trust): void {
  const faults = [...formFaults(definition, path), ...new TreeCheck(known, trust).faultsOf(definition, path)];
  if (faults.length > 0) refuse(faults);
}

function refuse(found: Fault[]): never {
  const inOrder = new Intl.Collator('en', { numeric: true });
  const faults = found.slice(0, MAX_FAULTS).sort((a, b) => inOrder.compare(a.path, b.path));
  const [first] = faults as [Fault, ...Fault[]];
  const more = faults.length > 1 ? `, and ${faults.length - 1} more` : '';
  throw new StepcastError('invalid_definition', `the definition is not valid: ${first.path || 'it'} ${first.message}${more}`, { faults });
}

const require = createRequire(import.meta.url);
let validateForm: ValidateFunction | undefined;

function formFaults(definition: JsonValue, path: string): Fault[] {
  validateForm ??= compileForm();
  return validateForm(definition) ? [] : toFaults(validateForm.errors?.map(worded), path);
}

/** Loaded for the first definition, and not for each start of the service. */
function compileForm(): ValidateFunction {
  const { Ajv2020 } = require('ajv/dist/2020.js') as typeof import('ajv/dist/2020.js');
  return new Ajv2020({ allErrors: true, discriminator: true, ownProperties: true, allowUnionTypes: true }).compile(WORKFLOW_DEFINITION_SCHEMA);
}

/** In the words of the people who write definitions. */
function worded(error: ErrorObject): ErrorObject {
  if (error.keyword === 'discriminator') {
    const { tagValue } = error.params as { tagValue?: unknown };
    const types = 'agent, sequential, parallel, conditional, retry, iteration or input';
    if (tagValue === undefined) return { ...error, message: `has no type; it must be ${types}`, instancePath: `${error.instancePath}/type` };
    return { ...error, message: `is no type of step; it must be ${types}`, instancePath: `${error.instancePath}/type` };
  }
  if (error.keyword === 'pattern') {
    const isStep = error.schemaPath.includes('StepName');
    return { ...error, message: isStep ? 'must be letters, digits and _, not starting with a digit, and not __proto__' : 'must be 1 to 100 letters, digits, ".", "_" and "-", starting with a letter, a digit or "_"' };
  }
  return error;
}

/** What the form does not tell. Names are known only after the whole tree was seen, so texts that name steps wait. */
class TreeCheck {
  private readonly faults: Fault[] = [];
  private readonly names = new Map<string, string>();
  private readonly later: (() => void)[] = [];
  private steps = 0;
  private hasListedAgents = false;
  private readonly hasStep = (name: string) => this.names.has(name);

  constructor(private readonly known: KnownAgents, private readonly trust: Trust) {}

  faultsOf(definition: JsonValue, path: string): Fault[] {
    if (!isObject(definition)) return [];
    this.jsonSchema(definition.inputSchema, memberPath(path, 'inputSchema'));
    this.stepList(definition.steps, memberPath(path, 'steps'), 1);
    if (this.steps > LIMITS.steps) this.add(memberPath(path, 'steps'), `has more than ${LIMITS.steps} steps in all; split the workflow`);
    for (const check of this.later) check();
    return this.faults;
  }

  private add(path: string, message: string): void {
    if (this.faults.length < MAX_FAULTS) this.faults.push({ path, message });
  }

  private stepList(steps: JsonValue | undefined, path: string, level: number): void {
    if (Array.isArray(steps)) steps.forEach((step, i) => this.step(step, memberPath(path, i), level));
  }

  private step(step: JsonValue | undefined, path: string, level: number): void {
    if (!isObject(step)) return;
    this.steps++;
    if (level > LIMITS.levels) {
      this.add(path, `lies ${level} levels deep; at most ${LIMITS.levels} are allowed`);
      return;
    }
    const at = (key: string) => memberPath(path, key);
    this.name(step.name, at('name'));
    switch (step.type) {
      case 'agent':
        if (typeof step.agent === 'string' && !this.known.hasAgent(step.agent)) this.add(at('agent'), this.unknownAgent(cut(step.agent, LIMITS.nameLength)));
        this.template(step.input, at('input'));
        this.cache(step, at('cache'));
        break;
      case 'sequential':
      case 'parallel':
        this.stepList(step.steps, at('steps'), level + 1);
        break;
      case 'conditional':
        this.expression(step.when, at('when'));
        this.step(step.then, at('then'), level + 1);
        this.step(step.else, at('else'), level + 1);
        break;
      case 'iteration':
        this.expression(step.until, at('until'));
        this.step(step.step, at('step'), level + 1);
        break;
      case 'retry':
        this.step(step.step, at('step'), level + 1);
        break;
      case 'input':
        this.template(step.prompt, at('prompt'));
        this.jsonSchema(step.schema, at('schema'));
        break;
      default:
        break;
    }
  }

  private unknownAgent(name: string): string {
    const registered = this.known.names();
    const meant = nearestName(name, registered);
    let help = meant === undefined ? '' : ` (did you mean ${meant}?)`;
    // They are the same for each step: once is enough.
    if (meant === undefined && registered.length > 0 && !this.hasListedAgents) {
      this.hasListedAgents = true;
      // Those with a dot are parts of the workflow that their name begins with.
      const { general = [], parts = [] } = Object.groupBy(registered.toSorted(), (known) => (known.includes('.') ? 'parts' : 'general'));
      help = ` (known are ${[...general, ...parts].slice(0, LISTED_AGENTS).join(', ')}${registered.length > LISTED_AGENTS ? ', …' : ''})`;
    }
    return `names the agent "${name}", which is not registered here${help}`;
  }

  private cache({ agent, cache }: JsonObject, path: string): void {
    if (cache === undefined || cache === false) return;
    if (agent === CODE_AGENT) this.add(path, 'needs an agent with a name: results of a function could not be told from those of another; register it with @Agent');
    if (!isObject(cache)) return;
    this.template(cache.key, memberPath(path, 'key'));
    // Whoever may write the definition may write what others are given, or read what they were.
    if (cache.scope === 'shared' && !this.trust.sharedCache) this.add(memberPath(path, 'scope'), 'may be "shared" only in workflows of the code; leave it out: results are then kept for each user');
  }

  private name(name: JsonValue | undefined, path: string): void {
    if (typeof name !== 'string') return;
    const first = this.names.get(name);
    if (first === undefined) this.names.set(name, path);
    else this.add(path, `"${cut(name, LIMITS.nameLength)}" is the name of two steps, the other at ${first}; names are unique in the whole workflow`);
  }

  private expression(source: JsonValue | undefined, path: string): void {
    if (typeof source !== 'string' || source === '' || source.length > LIMITS.expressionLength) return;
    this.later.push(() => {
      try {
        for (const name of compileExpression(source).steps) {
          if (!this.hasStep(name)) this.add(path, `names the step "${cut(name, LIMITS.nameLength)}", which is not in this workflow`);
        }
      } catch (error) {
        this.add(path, (error as Error).message);
      }
    });
  }

  private template(value: JsonValue | undefined, path: string): void {
    if (value === undefined) return;
    this.later.push(() => {
      for (const fault of templateFaults(value, path, this.hasStep)) this.add(fault.path, fault.message);
    });
  }

  private jsonSchema(schema: JsonValue | undefined, path: string): void {
    if (!isObject(schema)) return;
    for (const fault of checkSchema(schema, path)) this.add(fault.path, fault.message);
  }
}
