/** What streams take, from one execution's to the one that a start opens. */
import { applyDecorators } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import { PROTOCOLS } from '../protocols/protocol.request.js';
import { ApiVersion } from './protocols.docs.js';
import { ApiOptional } from './route.decorators.js';
import { ref, type Schema } from './schema.builder.js';

const COMMA_LIST = { style: 'form', explode: false } as const;

/** A list that is written with commas. */
export const ApiList = (name: string, description: string, items: Schema, max?: number) =>
  ApiOptional(name, description, { type: 'array', items, minItems: 1, ...(max === undefined ? {} : { maxItems: max }) }, COMMA_LIST);

/** How events are sent. */
export const ApiStreamForm = () =>
  applyDecorators(
    ApiList('types', 'Only events of these types. Where others are left out, a frame with `id` alone brings the cursor along.', ref('EventType')),
    ApiOptional('named', '`false` leaves the `event` line out, so that `EventSource.onmessage` gets everything.', { type: 'boolean', default: true }),
    ApiOptional('heartbeat', 'How silence is broken: by a comment, which scripts cannot see, or by an event named `heartbeat` that repeats the last id.', {
      type: 'string', enum: ['comment', 'event'], default: 'comment',
    }),
  );

/** In whose words an execution is streamed. */
export const ApiProtocol = () =>
  applyDecorators(
    ApiOptional('protocol', 'In place of the events themselves: a UI message stream of the AI SDK, events of AG-UI 1.0, or the plain text of one step. Not together with `types`, `named` and `heartbeat`; on a start, only with `Accept: text/event-stream`.', { type: 'string', enum: [...PROTOCOLS] }),
    ApiVersion(),
    ApiOptional('step', 'With `protocol=text`: the id of the step whose text it is. Left out, the result of the workflow.', { type: 'string', examples: ['persist/say'] }),
  );

const SEQ = { type: 'integer', minimum: 0, examples: [7] };
const AFTER = 'The stream goes on after it. EventSource sends it when it reconnects. Wins over the query.';

const CURSORS = {
  seq: { schema: SEQ, what: `The seq of the last event that was received. ${AFTER}` },
  several: { schema: { type: 'string', examples: ['1.1:7'] }, what: `The last id that was received: a cursor over all executions, opaque. ${AFTER}` },
  repeat: { schema: SEQ, what: 'Where the start is repeated with its `Idempotency-Key`, to be streamed on: the seq of the last event that was received. On a first start it can only be 0.' },
};

/** Where a stream begins: by default with the first event. */
export const ApiStreamStart = (of: keyof typeof CURSORS) => {
  const { schema, what } = CURSORS[of];
  return applyDecorators(
    ApiHeader({ name: 'Last-Event-ID', required: false, description: what, schema }),
    ApiOptional('lastEventId', 'The same as `Last-Event-ID`, for a first connection, which can send no such header. Wins over `from` and `last`.', schema),
    ApiOptional('from', '`latest` begins at the live end.', { type: 'string', enum: ['latest'] }),
    ApiOptional('last', 'Begins with the last so many events. Not together with `from`.', { type: 'integer', minimum: 0, maximum: 999_999_999_999_999 }),
  );
};
