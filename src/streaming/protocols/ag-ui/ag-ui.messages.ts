/** What an execution tells, as messages of a conversation: for snapshots, which say the same as the events before them. */
import { type CallPart, type Narration, type Part, type TextPart } from '../narration/narration.types.js';
import { type AgUiEvent, type AgUiMessage, type GivenMessage } from './ag-ui.events.js';

/** All that a client should have. @param given What it had before the run. @param dropped Ids of reasoning that is void. */
export function snapshotOf({ execution, parts }: Narration, given: readonly GivenMessage[], dropped: Iterable<string>): AgUiMessage[] {
  const isOwn = ({ id }: GivenMessage) => id.startsWith(`${execution.id}/`);
  const first = given.findIndex(isOwn);
  const others = given.filter((message) => !isOwn(message));
  const at = first < 0 ? others.length : first;
  const own = parts.flatMap(messagesOf);
  // Clients keep their reasoning where a snapshot has none at all: what is void has to be emptied then.
  const emptied = own.some(({ role }) => role === 'reasoning') ? [] : [...dropped].map((id): AgUiMessage => ({ id, role: 'reasoning', content: '' }));
  return [...others.slice(0, at), ...own, ...emptied, ...others.slice(at)];
}

function messagesOf(part: Part): AgUiMessage[] {
  switch (part.kind) {
    case 'text':
      return [{ id: part.id, role: 'assistant', content: part.text, metadata: attributionOf(part) }];
    case 'reasoning':
      return [{ id: part.id, role: 'reasoning', content: part.text, metadata: attributionOf(part) }];
    case 'call': {
      const called: AgUiMessage = { id: part.id, role: 'assistant', toolCalls: [{ id: part.id, type: 'function', function: { name: part.tool, arguments: JSON.stringify(part.input) } }] };
      return part.open ? [called] : [called, { id: resultId(part), role: 'tool', toolCallId: part.id, content: contentOf(part) }];
    }
    default:
      // A question is an interrupt of the run, and no message.
      return [];
  }
}

function attributionOf({ step, attempt }: TextPart): { stepcast: { step: string; attempt: number } } {
  return { stepcast: { step, attempt } };
}

export function openEvents(part: TextPart): AgUiEvent[] {
  const { id: messageId } = part;
  const metadata = attributionOf(part);
  return part.kind === 'text'
    ? [{ type: 'TEXT_MESSAGE_START', messageId, role: 'assistant', metadata }]
    : [{ type: 'REASONING_START', messageId }, { type: 'REASONING_MESSAGE_START', messageId, role: 'reasoning', metadata }];
}

export function closeEvents({ kind, id: messageId }: TextPart): AgUiEvent[] {
  return kind === 'text'
    ? [{ type: 'TEXT_MESSAGE_END', messageId }]
    : [{ type: 'REASONING_MESSAGE_END', messageId }, { type: 'REASONING_END', messageId }];
}

export function callEvents({ id: toolCallId, tool, input }: CallPart): AgUiEvent[] {
  return [
    { type: 'TOOL_CALL_START', toolCallId, toolCallName: tool },
    { type: 'TOOL_CALL_ARGS', toolCallId, delta: JSON.stringify(input) },
    { type: 'TOOL_CALL_END', toolCallId },
  ];
}

export function resultEvent(part: CallPart): AgUiEvent {
  return { type: 'TOOL_CALL_RESULT', messageId: resultId(part), toolCallId: part.id, content: contentOf(part) };
}

function resultId({ id }: CallPart): string {
  return `${id}/result`;
}

function contentOf({ output, error }: CallPart): string {
  if (error !== undefined) return JSON.stringify({ error });
  return typeof output === 'string' ? output : JSON.stringify(output ?? null);
}
