/** What a client of AG-UI sends: `RunAgentInput`, of which a run of a workflow takes the conversation, the state and the answers. */
import { isObject, type JsonObject, type JsonValue, memberPath } from '../../../contract/json.js';
import { type ContentPart, type Conversation, conversationOf, type ConversationMessage, filePart, messageOf } from '../conversation/conversation.js';
import { type AgUiRun, type GivenMessage } from './ag-ui.events.js';
import { invalid } from '../../http/invalid.js';

const MAX_ID = 200;
/** Of files that are sent without a type of their own, by the kind of their part. */
const MEDIA_TYPES: Partial<Record<string, string>> = { image: 'image/*', audio: 'audio/*', video: 'video/*' };

export interface Resume {
  interruptId: string;
  status: 'resolved' | 'cancelled';
  payload: JsonValue;
}

export interface RunInput extends AgUiRun {
  resume: Resume[];
  /** `forwardedProps.input`: in the place of one that is made of the messages. */
  input?: JsonValue;
  /** What a schema may ask for by its name. */
  more: JsonObject;
}

/** @throws StepcastError `invalid_request` */
export function parseRun(body: JsonObject): RunInput {
  const { messages, state = null, resume = [], forwardedProps, tools, context } = body;
  if (!Array.isArray(messages)) throw invalid('/messages', 'must be a list of messages');
  if (!Array.isArray(resume)) throw invalid('/resume', 'must be a list of answers');
  const input = isObject(forwardedProps) ? forwardedProps['input'] : undefined;
  return {
    threadId: idOf(body, 'threadId'), runId: idOf(body, 'runId'), state,
    messages: messages.map((message, i) => parseMessage(message, memberPath('/messages', i))),
    resume: resume.map((entry, i) => parseResume(entry, memberPath('/resume', i))),
    more: Object.fromEntries(Object.entries({ state, tools, context, forwardedProps }).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined)),
    ...(input === undefined ? {} : { input }),
  };
}

function idOf(body: JsonObject, key: 'threadId' | 'runId'): string {
  const id = body[key];
  if (typeof id === 'string' && id !== '' && id.length <= MAX_ID) return id;
  throw invalid(`/${key}`, `must be an id of 1 to ${MAX_ID} characters`);
}

function parseMessage(message: JsonValue, path: string): GivenMessage {
  if (isObject(message) && typeof message['id'] === 'string' && typeof message['role'] === 'string') return message as GivenMessage;
  throw invalid(path, 'must be a message with an id and a role');
}

function parseResume(entry: JsonValue, path: string): Resume {
  if (!isObject(entry) || typeof entry['interruptId'] !== 'string') throw invalid(path, 'must be an answer: {interruptId, status, payload?}');
  const { interruptId, status, payload = null } = entry;
  if (status !== 'resolved' && status !== 'cancelled') throw invalid(`${path}/status`, 'must be "resolved" or "cancelled"');
  return { interruptId, status, payload };
}

/** Texts and files that people and assistants have said; calls and reasoning are left out. */
export function conversationOfRun({ messages, more }: RunInput): Conversation {
  return conversationOf(messages.flatMap(({ role, content }): ConversationMessage[] => (role === 'user' || role === 'assistant' ? messageOf(role, contentOf(content)) : [])), more);
}

function contentOf(content: JsonValue | undefined): ContentPart[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  if (!Array.isArray(content)) return [];
  return content.flatMap((part): ContentPart[] => {
    if (!isObject(part)) return [];
    const { type, text, source } = part;
    if (type === 'text' && typeof text === 'string') return [{ type, text }];
    if (!isObject(source) || typeof source['value'] !== 'string') return [];
    return [filePart(source['value'], typeof source['mimeType'] === 'string' ? source['mimeType'] : MEDIA_TYPES[type as string] ?? 'application/octet-stream')];
  });
}
