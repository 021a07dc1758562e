/** A conversation as language models are given it, whichever client it comes from. */
import { type JsonObject } from '../../../contract/json.js';

export type ContentPart = { type: 'text'; text: string } | { type: 'file'; data: string; mediaType: string; filename?: string };

/** What an `llm` step takes as `messages`. */
export interface ConversationMessage {
  role: 'user' | 'assistant';
  content: string | ContentPart[];
}

export interface Conversation {
  messages: ConversationMessage[];
  /** The last that the user has said; absent where that holds no text. */
  prompt: string | undefined;
  /** Of the request, by its name: for workflows whose schema asks for it. */
  more: JsonObject;
}

/** @param more see Conversation */
export function conversationOf(messages: ConversationMessage[], more: JsonObject = {}): Conversation {
  const last = messages.findLast(({ role }) => role === 'user');
  const text = last && textOf(last);
  return { messages, prompt: text === '' ? undefined : text, more };
}

function textOf({ content }: ConversationMessage): string {
  return typeof content === 'string' ? content : content.map((part) => (part.type === 'text' ? part.text : '')).filter((text) => text !== '').join('\n');
}

/** A message of parts; text alone is told as text. Nothing where there is nothing in it. */
export function messageOf(role: ConversationMessage['role'], parts: readonly ContentPart[]): ConversationMessage[] {
  const said = parts.filter((part) => part.type !== 'text' || part.text !== '');
  if (said.length === 0) return [];
  const texts = said.filter((part) => part.type === 'text');
  return [{ role, content: texts.length === said.length ? texts.map(({ text }) => text).join('\n\n') : said }];
}

/** A file by its URL: of a `data:` URL what is in it, as models are given it. */
export function filePart(url: string, mediaType: string, filename?: string): ContentPart {
  const data = /^data:[^,]*;base64,/i.exec(url) ? url.slice(url.indexOf(',') + 1) : url;
  return { type: 'file', data, mediaType, ...(filename === undefined ? {} : { filename }) };
}
