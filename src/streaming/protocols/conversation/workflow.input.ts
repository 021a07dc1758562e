/** The input of a workflow, made of a conversation by what the workflow's schema asks for. */
import { StepcastError } from '../../../contract/errors.js';
import { isObject, type JsonObject, type JsonValue } from '../../../contract/json.js';
import { type WorkflowDefinition } from '../../../contract/definition.js';
import { type Conversation } from './conversation.js';

/**
 * In this order: the conversation where the schema has `messages`; what the user has said last where it has `prompt`, is a
 * text itself, or has one text that is required; where no properties are named, both. What else of the request the schema names is given too.
 * @throws StepcastError `invalid_request` where none of these fits.
 */
export function inputOf({ name, inputSchema }: Pick<WorkflowDefinition, 'name' | 'inputSchema'>, conversation: Conversation): JsonValue {
  const { prompt } = conversation;
  const messages = conversation.messages as unknown as JsonValue;
  const { type, properties } = isObject(inputSchema) ? inputSchema : {};
  if (type === 'string') return needed(prompt);
  if (!isObject(inputSchema) || !isObject(properties)) return { messages, ...(prompt === undefined ? {} : { prompt }) };
  const required = Array.isArray(inputSchema['required']) ? inputSchema['required'] : [];
  const more = Object.fromEntries(Object.entries(conversation.more).filter(([key]) => Object.hasOwn(properties, key)));
  if (Object.hasOwn(properties, 'messages')) return { ...more, messages, ...(required.includes('prompt') ? { prompt: needed(prompt) } : {}) };
  const key = Object.hasOwn(properties, 'prompt') ? 'prompt' : onlyText(properties, required);
  if (key !== undefined) return { ...more, [key]: needed(prompt) };
  const message = `must be given: what "${name}" takes cannot be made of a conversation; it has neither messages, prompt nor one text that is required`;
  throw new StepcastError('invalid_request', `input ${message}`, { faults: [{ path: '/input', message }] });
}

/** The one property that is required and takes a text. */
function onlyText(properties: JsonObject, required: readonly JsonValue[]): string | undefined {
  const texts = required.filter((key): key is string => {
    const property = typeof key === 'string' && Object.hasOwn(properties, key) ? properties[key] : undefined;
    return isObject(property) && property['type'] === 'string';
  });
  return required.length === 1 ? texts[0] : undefined;
}

function needed(prompt: string | undefined): string {
  if (prompt !== undefined) return prompt;
  throw new StepcastError('invalid_request', 'messages hold no text of the user', { faults: [{ path: '/messages', message: 'must hold a text of the user' }] });
}
