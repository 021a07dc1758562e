/** What `useChat` is without React: the SDK's own `AbstractChat` with a plain state, of both versions. */
import * as sdk6 from 'ai-6';
import * as sdk7 from 'ai';
import { eventually } from '../../support/patience.js';
import { type UiMessage, type Version } from './ui-messages.js';

type Message = sdk7.UIMessage;

/** The state that a framework would keep. */
class PlainState implements sdk7.ChatState<Message> {
  status: sdk7.ChatStatus = 'ready';
  error: Error | undefined = undefined;
  messages: Message[] = [];
  pushMessage = (message: Message) => {
    this.messages = [...this.messages, message];
  };
  popMessage = () => {
    this.messages = this.messages.slice(0, -1);
  };
  replaceMessage = (index: number, message: Message) => {
    this.messages = this.messages.with(index, structuredClone(message));
  };
  snapshot = <T>(thing: T): T => structuredClone(thing);
}

class Chat7 extends sdk7.AbstractChat<Message> {}
/** Its messages differ from those of version 7 in parts that are not sent here. */
const Chat6 = class extends (sdk6.AbstractChat as unknown as typeof sdk7.AbstractChat)<Message> {};

export interface ChatOptions {
  version: Version;
  /** Of the chat's route, with its query. */
  api: string;
  key: string;
  id?: string;
  body?: object;
  messages?: Message[];
  /** Sends answers by itself when all questions are answered. */
  automatic?: boolean;
}

export class TestChat {
  readonly chat: sdk7.AbstractChat<Message>;
  readonly state = new PlainState();
  /** Transient data parts, as they came. */
  readonly data: { type: string; data: unknown }[] = [];
  finishReason: string | undefined;
  /** How many it has made. */
  requests = 0;

  constructor({ version, api, key, id, body, messages = [], automatic = false }: ChatOptions) {
    this.state.messages = messages;
    const sdk = (version === 6 ? sdk6 : sdk7) as typeof sdk7;
    const counting: typeof fetch = (...request) => {
      this.requests++;
      return fetch(...request);
    };
    const transport = new sdk.DefaultChatTransport<Message>({ api, fetch: counting, headers: { 'x-api-key': key }, ...(body ? { body } : {}) });
    const Chat = version === 6 ? Chat6 : Chat7;
    this.chat = new Chat({
      ...(id === undefined ? {} : { id }), transport, state: this.state,
      onData: (part) => void this.data.push(part),
      onFinish: ({ finishReason }) => void (this.finishReason = finishReason),
      ...(automatic ? { sendAutomaticallyWhen: (given: { messages: Message[] }) => sdk.lastAssistantMessageIsCompleteWithApprovalResponses(given) || sdk.lastAssistantMessageIsCompleteWithToolCalls(given) } : {}),
    });
  }

  /** The last message. */
  get message(): UiMessage {
    return this.state.messages.at(-1) as unknown as UiMessage;
  }

  get answer(): UiMessage | undefined {
    return this.message?.role === 'assistant' ? this.message : undefined;
  }

  /** Waits until the chat has an answer of which that holds, whatever the chat does meanwhile. */
  until(holds: (message: UiMessage) => boolean, what: string): Promise<UiMessage> {
    return eventually(() => {
      const { answer } = this;
      return answer && holds(answer) ? answer : undefined;
    }, what);
  }

  /** Waits until nothing is under way any more. */
  async settled(): Promise<void> {
    await eventually(() => this.state.status === 'ready' || this.state.status === 'error', 'the end of the turn');
  }
}
