import { createHash, randomUUID } from 'node:crypto';
import { canonicalJson, type JsonValue } from '../contract/json.js';
import { type NewExecution } from '../journal/journal.types.js';
import { traceparentOfStart } from './tracing/tracing.api.js';
import { type Runnable } from './workflow.catalog.js';

export interface ExecutionOrder {
  input: JsonValue;
  user: string;
  sessionId?: string;
  idempotencyKey?: string;
  /** What a repeat is known by, in the place of the input. */
  idempotencyBody?: JsonValue;
  /** Whether the workflow was named and not given: then its name stands for it in the idempotency key's fingerprint. */
  byName: boolean;
  /** As the caller has sent it. */
  traceparent?: string;
  /** Milliseconds since the epoch. */
  now: number;
}

/** What a start writes to the journal. */
export function newExecution({ definition, data, fingerprint, source }: Runnable, order: ExecutionOrder): NewExecution {
  const { input, user, idempotencyKey, byName, now } = order;
  const sessionId = order.sessionId ?? null;
  const execution: NewExecution = {
    id: randomUUID(), user, workflow: definition.name, sessionId, source, definition: data, fingerprint, input, createdAt: now, traceparent: traceparentOfStart(order.traceparent),
  };
  if (idempotencyKey !== undefined) {
    const request = { workflow: byName ? definition.name : data, input: order.idempotencyBody ?? input, sessionId };
    execution.idempotency = { key: idempotencyKey, fingerprint: createHash('sha256').update(canonicalJson(request)).digest('base64url') };
  }
  return execution;
}
