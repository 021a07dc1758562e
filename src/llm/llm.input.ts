/** The input of an `llm` step: its form, read at run time, and looked at before the start as far as templates let it. */
import { type Fault } from '../contract/errors.js';
import { isObject, type JsonObject, type JsonValue } from '../contract/json.js';
import { nearestName } from '../contract/nearest.name.js';
import { checkSchema, compileSchema } from '../orchestration/definition/input.validator.js';
import { refuseInput } from '../orchestration/agents/step.faults.js';

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
  /** How much the model thinks before it answers; what it thinks is streamed where the provider tells it. Default: the provider's, which tell nothing of it. */
  reasoning?: Reasoning;
  temperature?: number;
  topP?: number;
  topK?: number;
  presencePenalty?: number;
  frequencyPenalty?: number;
  /** Texts that the answer ends before. */
  stopSequences?: string[];
  /** The same seed gives about the same answer. */
  seed?: number;
  maxOutputTokens?: number;
}

const REASONING = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;
export type Reasoning = (typeof REASONING)[number];

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

const FORM = {
  type: 'object', additionalProperties: false,
  properties: {
    model: TEXT,
    prompt: { type: ['string', 'number', 'boolean', 'object', 'array'], minLength: 1 },
    messages: { type: 'array', minItems: 1, items: MESSAGE },
    system: { type: 'string' },
    tools: { type: 'array', maxItems: 128, uniqueItems: true, items: TEXT },
    schema: { type: 'object' },
    maxSteps: { type: 'integer', minimum: 1, maximum: 100 },
    reasoning: { enum: [...REASONING] },
    temperature: { type: 'number', minimum: 0, maximum: 2 },
    topP: { type: 'number', minimum: 0, maximum: 1 },
    topK: { type: 'integer', minimum: 1 },
    presencePenalty: { type: 'number', minimum: -2, maximum: 2 },
    frequencyPenalty: { type: 'number', minimum: -2, maximum: 2 },
    stopSequences: { type: 'array', minItems: 1, maxItems: 16, items: TEXT },
    seed: { type: 'integer', minimum: 0, maximum: 2 ** 31 - 1 },
    maxOutputTokens: { type: 'integer', minimum: 1 },
  },
};

const MEMBERS = Object.keys(FORM.properties);
const CONTENT = /^\/messages\/\d+\/content/;
const ROLE = /^\/messages\/\d+\/role$/;

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
  if (!isObject(given)) return { faults: faultsOf(given, hasTool), model: null };
  const certain = Object.fromEntries(Object.entries(given).filter(([, value]) => !hasTemplate(value)));
  const { model } = given;
  return { faults: faultsOf(certain, hasTool, given), model: typeof model === 'string' && hasTemplate(model) ? null : (model as string | undefined) };
}

/** @param whole With the members that cannot be judged yet. */
function faultsOf(input: JsonValue, hasTool: (name: string) => boolean, whole: JsonValue = input): Fault[] {
  const faults = inWords(compileSchema(FORM)(input));
  if (faults.length > 0) return faults;
  const { tools = [], schema, messages: conversation = [] } = input as unknown as LlmInput;
  const { prompt, messages } = whole as JsonObject;
  if ((prompt === undefined) === (messages === undefined)) faults.push({ path: '', message: prompt === undefined ? 'must have a prompt or messages' : 'must not have both a prompt and messages' });
  conversation.forEach(({ content }, i) => {
    if (typeof content === 'string') return;
    content.forEach((part, j) => {
      if (part.type === 'file' && !isFile(part.data)) faults.push({ path: `/messages/${i}/content/${j}/data`, message: 'must be base64, or an http, https or data URL' });
    });
  });
  tools.forEach((name, i) => {
    if (!hasTool(name)) faults.push({ path: `/tools/${i}`, message: `names the tool "${name}", which there is not; register one with @Tool` });
  });
  if (schema !== undefined) faults.push(...(schema['type'] === 'object' ? checkSchema(schema, '/schema') : [{ path: '/schema', message: 'must be the JSON Schema of an object: "type": "object"' }]));
  return faults;
}

/** Faults of the form with what would be right, each place once: of a content that is none, the schema tells of every form it could have. */
function inWords(faults: readonly Fault[]): Fault[] {
  const told = faults.map(({ path, message }): Fault => {
    const content = CONTENT.exec(path)?.[0];
    if (content !== undefined) return { path: content, message: 'must be a text, or a list of {"type": "text", "text": …} and {"type": "file", "mediaType": …, "data": …}' };
    if (ROLE.test(path)) return { path, message: 'must be user or assistant; instructions go into system' };
    const name = path.slice(1);
    if (name === '' || name.includes('/') || MEMBERS.includes(name)) return { path, message };
    const meant = nearestName(name, MEMBERS);
    return { path, message: `is not known${meant === undefined ? '' : `; did you mean ${meant}?`} (known are ${MEMBERS.join(', ')})` };
  });
  return [...new Map(told.map((fault) => [`${fault.path} ${fault.message}`, fault])).values()];
}

function isFile(data: string): boolean {
  const url = URL.parse(data);
  if (url) return /^(?:https?|data):$/.test(url.protocol);
  const written = data.replaceAll(/\s/g, '');
  return /^[\w+/-]+={0,2}$/.test(written) && written.replace(/=+$/, '').length % 4 !== 1;
}

function hasTemplate(value: JsonValue): boolean {
  if (typeof value === 'string') return value.includes('{{');
  return value !== null && typeof value === 'object' && Object.values(value).some(hasTemplate);
}

/** Such a text becomes whatever its path leads to. */
function isTemplateAlone(text: string): boolean {
  return /^\{\{[^{}]*\}\}$/.test(text);
}
