/** What the routes of protocols take and send. The messages themselves are of those protocols, and are described there. */
import { type Schema, text } from './schema.builder.js';

const frame = (description: string, data: string): Schema => ({
  type: 'object', description, required: ['data'],
  properties: { id: text('The seq of the event that it and those before it come from.'), data: text(data) },
});

export const PROTOCOL_SCHEMAS: Record<string, Schema> = {
  ChatBody: {
    type: 'object',
    description: 'What `DefaultChatTransport` of the AI SDK sends. What else a client adds is passed by.',
    required: ['id', 'messages'],
    properties: {
      id: text('Of the chat: the `sessionId` of its executions. 1 to 200 characters.', { minLength: 1 }),
      messages: { type: 'array', minItems: 1, items: { type: 'object' }, description: 'The conversation, as UI messages. Where the last one is of the user, it starts the workflow; where it is an answer, that is gone on with, by what its parts answer.' },
      messageId: text('Of an answer among the messages that is gone on with, where it is not the last.'),
      input: { description: 'The input of the workflow, in the place of one that is made of the messages.' },
    },
  },
  RunAgentBody: {
    type: 'object',
    description: '`RunAgentInput` of AG-UI 1.0, as `HttpAgent` sends it.',
    required: ['threadId', 'runId', 'messages'],
    properties: {
      threadId: text('The `sessionId` of its executions. 1 to 200 characters.', { minLength: 1 }),
      runId: text('The same thread and run give the same execution. 1 to 200 characters.', { minLength: 1 }),
      messages: { type: 'array', items: { type: 'object' }, description: 'The conversation.' },
      state: { description: 'The state of the app, which is given back with `stepcast` beside it.' },
      tools: { type: 'array', items: { type: 'object' }, description: 'Given to workflows whose schema has them.' },
      context: { type: 'array', items: { type: 'object' }, description: 'Given to workflows whose schema has it.' },
      forwardedProps: { description: '`forwardedProps.input` is the input of the workflow, in the place of one that is made of the messages.' },
      resume: { type: 'array', items: { type: 'object' }, description: 'Answers to the interrupts that ended the run before.' },
    },
  },
  UiMessageFrame: frame('One frame of a UI message stream (version 1).', 'A chunk as one line of JSON, or `[DONE]`.'),
  AgUiFrame: frame('One frame of a run.', 'An event of AG-UI 1.0 as one line of JSON.'),
};
