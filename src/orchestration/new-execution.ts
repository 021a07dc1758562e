import { createHash, randomUUID } from 'node:crypto';
import { canonicalJson, type JsonValue } from '../contract/json.js';
import { type NewExecution } from '../journal/journal.types.js';
import { type StartOptions } from './execution.types.js';
import { traceparentOfStart } from './tracing/tracing.api.js';
import { type Runnable } from './workflow.catalog.js';

export interface ExecutionOrder {
  input: JsonValue;
  user: string;
  sessionId?: string;
  idempotency?: NewExecution['idempotency'];
  /** As the caller has sent it. */
  traceparent?: string;
  /** Milliseconds since the epoch. */
  now: number;
}

/** What a start writes to the journal. */
export function newExecution({ definition, data, fingerprint, source }: Runnable, order: ExecutionOrder): NewExecution {
  const { input, user, sessionId = null, idempotency, now } = order;
  return {
    id: randomUUID(), user, workflow: definition.name, sessionId, source, definition: data, fingerprint, input, createdAt: now, traceparent: traceparentOfStart(order.traceparent),
    ...(idempotency && { idempotency }),
  };
}

/** What a start with an idempotency key is known by when it is repeated. @param workflow its name, where it was named and not given. */
export function idempotencyOf(workflow: JsonValue, input: JsonValue, { idempotencyKey: key, idempotencyBody, sessionId }: StartOptions): NewExecution['idempotency'] {
  if (key === undefined) return undefined;
  const request = { workflow, input: idempotencyBody ?? input, sessionId: sessionId ?? null };
  return { key, fingerprint: createHash('sha256').update(canonicalJson(request)).digest('base64url') };
}
