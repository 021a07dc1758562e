/**
 * What a client of the AI SDK sends: the whole conversation, as UI messages. A last message of the user starts a workflow; a
 * last message of the assistant is one of ours, with answers to its questions in its parts, or just to be gone on with. So is
 * an earlier one that `messageId` names: a question may be answered after the conversation has gone on.
 */
import { StepcastError } from '../../../contract/errors.js';
import { isObject, type JsonObject, type JsonValue, memberPath } from '../../../contract/json.js';
import { type ContentPart, type Conversation, conversationOf, type ConversationMessage, filePart, messageOf } from '../conversation/conversation.js';
import { type AskPart } from '../narration/narration.types.js';
import { type Known, textKey } from './catch-up.js';
import { isApproval } from './part.chunks.js';
import { invalid } from '../../http/invalid.js';

const MAX_ID = 200;

export interface ChatRequest {
  /** Of the chat: the `sessionId` of its executions. */
  id: string;
  messages: UiMessage[];
  /** The message that the client has changed, where it is not the last. */
  messageId?: string;
  /** In the place of one that is made of the messages. */
  input?: JsonValue;
}

interface UiMessage {
  id: string;
  role: string;
  parts: JsonObject[];
}

/** @throws StepcastError `invalid_request` */
export function parseChat(body: JsonObject): ChatRequest {
  const { id, messages, messageId, input } = body;
  if (typeof id !== 'string' || id === '' || id.length > MAX_ID) throw invalid('/id', `must be the id of the chat, of 1 to ${MAX_ID} characters`);
  if (!Array.isArray(messages) || messages.length === 0) throw invalid('/messages', 'must be a list of UI messages, with one at least');
  return {
    id, messages: messages.map((message, i) => parseMessage(message, memberPath('/messages', i))),
    ...(typeof messageId === 'string' && messageId !== '' ? { messageId } : {}), ...(input === undefined ? {} : { input }),
  };
}

function parseMessage(message: JsonValue, path: string): UiMessage {
  if (!isObject(message) || typeof message['role'] !== 'string' || !Array.isArray(message['parts']) || !message['parts'].every((part) => isObject(part))) {
    throw invalid(path, 'must be a UI message: {id, role, parts}');
  }
  const { id, role, parts } = message;
  return { id: typeof id === 'string' ? id : '', role: role, parts: parts };
}

/** The message of ours that is to be gone on with; nothing where the user has said something. @throws StepcastError `invalid_request` */
export function continued({ messages, messageId }: ChatRequest): UiMessage | undefined {
  const named = messageId === undefined ? undefined : messages.find(({ id, role }) => id === messageId && role === 'assistant');
  if (named) return named;
  const last = messages.at(-1) as UiMessage;
  if (last.role === 'user') return undefined;
  if (last.role === 'assistant' && last.id !== '') return last;
  throw invalid(memberPath('/messages', messages.length - 1), 'must be of the user, or an answer that is to be gone on with');
}

/** Texts and files that people and assistants have said; calls, reasoning and what turned out void are left out. */
export function conversationOfChat({ messages }: ChatRequest): Conversation {
  return conversationOf(messages.flatMap((message): ConversationMessage[] => {
    if (message.role === 'user') return messageOf('user', message.parts.flatMap(contentOf));
    if (message.role !== 'assistant') return [];
    const isVoid = voidIn(message);
    return messageOf('assistant', message.parts.filter((part) => part['type'] === 'text' && !isVoid(part)).flatMap(contentOf));
  }));
}

function contentOf({ type, text, url, mediaType, filename }: JsonObject): ContentPart[] {
  if (type === 'text' && typeof text === 'string') return [{ type, text }];
  if (type === 'file' && typeof url === 'string' && typeof mediaType === 'string') return [filePart(url, mediaType, typeof filename === 'string' ? filename : undefined)];
  return [];
}

/** By what `data-step` says of each step. */
function voidIn({ parts }: UiMessage): (part: JsonObject) => boolean {
  const superseded = new Map<JsonValue | undefined, JsonValue | undefined>();
  for (const { type, id, data } of parts) if (type === 'data-step' && isObject(data)) superseded.set(id, data['superseded']);
  return (part) => {
    const origin = originOf(part);
    return origin !== undefined && origin.attempt <= Number(superseded.get(origin.step) ?? 0) && origin.attempt > 0;
  };
}

function originOf({ providerMetadata }: JsonObject): { step: string; attempt: number } | undefined {
  const origin = isObject(providerMetadata) ? providerMetadata['stepcast'] : undefined;
  if (!isObject(origin) || typeof origin['step'] !== 'string' || typeof origin['attempt'] !== 'number') return undefined;
  return { step: origin['step'], attempt: origin['attempt'] };
}

/** What the client has of a message. */
export function knownOf({ parts }: UiMessage): Known {
  const texts = new Map<string, string>();
  const calls = new Map<string, boolean>();
  for (const part of parts) {
    const { type, text, toolCallId, state } = part;
    const origin = originOf(part);
    if ((type === 'text' || type === 'reasoning') && origin && typeof text === 'string') {
      const key = textKey(type, origin.step, origin.attempt);
      texts.set(key, (texts.get(key) ?? '') + text);
    }
    if (typeof toolCallId === 'string') calls.set(toolCallId, typeof state === 'string' && state.startsWith('output-'));
  }
  return { texts, calls };
}

/** The answers in a message to the questions that are open. @throws StepcastError `invalid_input` where one is none: clients would send it again and again. */
export function answersIn({ parts }: UiMessage, asks: Iterable<AskPart>): { step: string; value: JsonValue }[] {
  const byId = new Map(parts.map((part) => [part['toolCallId'], part]));
  return [...asks].flatMap((ask) => {
    const part = byId.get(ask.id);
    const approval = part?.['approval'];
    if (part?.['state'] === 'approval-responded' && isApproval(ask) && isObject(approval) && typeof approval['approved'] === 'boolean') return [{ step: ask.step, value: approval['approved'] }];
    if (part?.['state'] === 'output-available' && part['output'] !== undefined) return [{ step: ask.step, value: part['output'] }];
    if (part?.['state'] === 'output-available' || part?.['state'] === 'output-error') {
      const message = `hold no answer to "${ask.name}": give it an output, or cancel the execution; it goes on with nothing else`;
      throw new StepcastError('invalid_input', `messages ${message}`, { faults: [{ path: '/messages', message }] });
    }
    return [];
  });
}
