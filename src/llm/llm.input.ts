/** The input of an `llm` step: its form, read at run time, and looked at before the start as far as templates let it. */
import { type Fault } from '../contract/errors.js';
import { type JsonObject, type JsonValue } from '../contract/json.js';
import { checkSchema, compileSchema } from '../orchestration/definition/input.validator.js';
import { refuseInput } from './step.faults.js';

export interface TextPart {
  type: 'text';
  text: string;
}

/** A file or an image, as base64, or by a URL that the provider fetches itself. */
export interface FilePart {
  type: 'file';
  data: string;
  mediaType: string;
  filename?: string;
}

export interface ChatMessage {
  role: 'user' | 'assistant';
  content: string | (TextPart | FilePart)[];
}

/** What an `llm` step is given. */
export interface LlmInput {
  /** `provider/model`; default `LLM_MODEL`. */
  model?: string;
  /** What is asked. What is no text is given to the model as JSON. */
  prompt?: JsonValue;
  /** The conversation so far, in the place of a prompt. */
  messages?: ChatMessage[];
  /** Instructions that stand above the conversation. */
  system?: string;
  /** Names of the tools that the model may call. */
  tools?: string[];
  /** JSON Schema of an object, which the output is to be. */
  schema?: JsonObject;
  /** How often the model may be called: one more than the rounds of tools it may take. Default 8 with tools, else 1. */
  maxSteps?: number;
  temperature?: number;
  maxOutputTokens?: number;
}

const TEXT = { type: 'string', minLength: 1 };
const MESSAGE: JsonValue = {
  type: 'object', additionalProperties: false, required: ['role', 'content'],
  properties: {
    role: { enum: ['user', 'assistant'] },
    content: {
      anyOf: [TEXT, {
        type: 'array', minItems: 1,
        items: {
          anyOf: [
            { type: 'object', additionalProperties: false, required: ['type', 'text'], properties: { type: { const: 'text' }, text: { type: 'string' } } },
            { type: 'object', additionalProperties: false, required: ['type', 'data', 'mediaType'], properties: { type: { const: 'file' }, data: TEXT, mediaType: TEXT, filename: TEXT } },
          ],
        },
      }],
    },
  },
};

const FORM: JsonValue = {
  type: 'object', additionalProperties: false,
  properties: {
    model: TEXT,
    prompt: { type: ['string', 'number', 'boolean', 'object', 'array'], minLength: 1 },
    messages: { type: 'array', minItems: 1, items: MESSAGE },
    system: { type: 'string' },
    tools: { type: 'array', maxItems: 128, uniqueItems: true, items: TEXT },
    schema: { type: 'object' },
    maxSteps: { type: 'integer', minimum: 1, maximum: 100 },
    temperature: { type: 'number', minimum: 0, maximum: 2 },
    maxOutputTokens: { type: 'integer', minimum: 1 },
  },
};

/** What is known of an input before the start. */
export interface Known {
  faults: Fault[];
  /** As it is named, where that is certain; `null` where it may be any. */
  model: string | null | undefined;
}

/** The input of a step that is about to run; a text is a prompt. @throws StepcastError `invalid_input` with every fault. */
export function readInput(given: JsonValue, hasTool: (name: string) => boolean): LlmInput {
  const input = typeof given === 'string' ? { prompt: given } : given;
  refuseInput('llm', faultsOf(input, hasTool));
  return input as unknown as LlmInput;
}

/** The same before the start: what holds a template may become anything. */
export function inspectInput(given: JsonValue, hasTool: (name: string) => boolean): Known {
  if (typeof given === 'string') return hasTemplate(given) ? { faults: [], model: isTemplateAlone(given) ? null : undefined } : { faults: faultsOf({ prompt: given }, hasTool), model: undefined };
  if (given === null || typeof given !== 'object' || Array.isArray(given)) return { faults: faultsOf(given, hasTool), model: null };
  const certain = Object.fromEntries(Object.entries(given).filter(([, value]) => !hasTemplate(value)));
  const { model } = given;
  return { faults: faultsOf(certain, hasTool, given), model: typeof model === 'string' && hasTemplate(model) ? null : (model as string | undefined) };
}

/** @param whole With the members that cannot be judged yet. */
function faultsOf(input: JsonValue, hasTool: (name: string) => boolean, whole: JsonValue = input): Fault[] {
  const faults = compileSchema(FORM)(input);
  if (faults.length > 0) return faults;
  const { tools = [], schema } = input as unknown as LlmInput;
  const { prompt, messages } = whole as JsonObject;
  if ((prompt === undefined) === (messages === undefined)) faults.push({ path: '', message: prompt === undefined ? 'must have a prompt or messages' : 'must not have both a prompt and messages' });
  tools.forEach((name, i) => {
    if (!hasTool(name)) faults.push({ path: `/tools/${i}`, message: `names the tool "${name}", which there is not; register one with @Tool` });
  });
  if (schema !== undefined) faults.push(...(schema['type'] === 'object' ? checkSchema(schema, '/schema') : [{ path: '/schema', message: 'must be the JSON Schema of an object: "type": "object"' }]));
  return faults;
}

function hasTemplate(value: JsonValue): boolean {
  if (typeof value === 'string') return value.includes('{{');
  return value !== null && typeof value === 'object' && Object.values(value).some(hasTemplate);
}

/** Such a text becomes whatever its path leads to. */
function isTemplateAlone(text: string): boolean {
  return /^\{\{[^{}]*\}\}$/.test(text);
}
