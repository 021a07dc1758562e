/** Runs of AG-UI, read by its own client: schema, order of events, and what they make of the conversation. */
import { HttpAgent, type HttpAgentConfig } from '@ag-ui/client';
import { type BaseEvent, EventType, type Message } from '@ag-ui/core';
import { EventSchema } from '@ag-ui/core/schemas';
import { expect } from '@jest/globals';

export interface Outcome {
  messages: Message[];
  state: Record<string, unknown>;
}

/**
 * `fetch`, but that an answer which has broken off can be let go of: the client does that without waiting for it, and what is
 * thrown there would be of nobody.
 */
export const quietFetch: NonNullable<HttpAgentConfig['fetch']> = async (url, init) => {
  const response = await fetch(url, init);
  const { body } = response;
  if (!body) return response;
  const getReader = () => {
    const reader = body.getReader();
    return { read: () => reader.read(), cancel: () => reader.cancel().catch(() => undefined) };
  };
  return new Proxy(response, {
    get: (target, name) => {
      if (name === 'body') return { getReader };
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
};

/** What a client makes of a run. @throws where an event is not one of AG-UI, says too much or too little, or comes out of order. */
export async function readRun(events: readonly BaseEvent[], { messages = [], state = {} }: { messages?: Message[]; state?: unknown } = {}): Promise<Outcome> {
  for (const event of events) {
    const parsed = EventSchema.parse(event);
    // Nothing is stripped: what is sent is what the protocol knows.
    expect(parsed).toEqual(event);
  }
  expect(events[0]?.type).toBe(EventType.RUN_STARTED);
  expect([EventType.RUN_FINISHED, EventType.RUN_ERROR]).toContain(events.at(-1)?.type);
  const text = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
  const agent = new HttpAgent({
    url: 'http://recorded.test/', threadId: 't', initialMessages: messages, initialState: state,
    fetch: async () => new Response(text, { headers: { 'content-type': 'text/event-stream' } }),
  });
  await agent.runAgent();
  return { messages: agent.messages, state: agent.state as Record<string, unknown> };
}

/** Texts of an execution's messages, by step. */
export function textsOf(messages: readonly Message[], executionId: string, role: 'assistant' | 'reasoning' = 'assistant'): Record<string, string> {
  const texts = Object.create(null) as Record<string, string>;
  for (const message of messages) {
    if (message.role !== role || !message.id.startsWith(`${executionId}/`) || typeof message.content !== 'string' || message.content === '') continue;
    const step = message.id.slice(executionId.length + 1).replace(/#\d+\/.*$/, '').replace(/^result$/, '');
    texts[step] = (texts[step] ?? '') + message.content;
  }
  return { ...texts };
}
