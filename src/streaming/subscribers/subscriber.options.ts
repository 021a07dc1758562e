import { type EventType } from '../../contract/events.js';

/** Subscribers that take no code of one's own. */
export interface SubscribersOptions {
  /** Writes every event to a file, a line of JSON each, for debugging; a path, or more. */
  file?: string | EventFileOptions;
  /** Sends events to other services, signed. */
  webhooks?: WebhookOptions[];
}

export interface EventFileOptions {
  /** Where the latest events are; its folder is made where it is missing. The file is its owner's alone to read (0600). */
  path: string;
  /** Bytes after which the file becomes `<path>.1`, that one `<path>.2`, and so on; default 10 MiB. */
  maxBytes?: number;
  /** How many files there are at the most, the oldest is removed; default 5. */
  maxFiles?: number;
  types?: readonly EventType[];
  workflows?: readonly string[];
}

/** A receiver of events by HTTP, as Standard Webhooks (standardwebhooks.com) has it. */
export interface WebhookOptions {
  /** Under it the journal keeps how far the receiver has come. Letters, digits, `.`, `_` and `-`. */
  name: string;
  /** `http:` or `https:`; may be private, as it is an operator's word. Redirects are not followed. */
  url: string;
  /** `whsec_` and 24 to 64 bytes in base64. Several, while receivers change from one to the next. */
  secret: string | readonly string[];
  types?: readonly EventType[];
  workflows?: readonly string[];
  /** Events of one execution that may be sent together, as `{type: "batch", timestamp, data: {events}}`; default 1: the event itself. */
  batch?: number;
  /** Executions whose events are sent side by side; default 4. Those of one are sent one after the other. */
  concurrency?: number;
  /** Milliseconds within which the receiver has to answer; default 15 s. */
  timeoutMs?: number;
  /** Milliseconds between two tries, doubling from one to the other; default 1 s and 5 minutes. `Retry-After` is kept. */
  minDelayMs?: number;
  maxDelayMs?: number;
  /** Milliseconds of failing after which the receiver is reported as dead; default 6 hours. It is tried all the same. */
  deadAfterMs?: number;
}

export const WEBHOOK_DEFAULTS = {
  batch: 1, concurrency: 4, timeoutMs: 15_000, minDelayMs: 1000, maxDelayMs: 5 * 60_000, deadAfterMs: 6 * 60 * 60_000,
} as const;
export const EVENT_FILE_DEFAULTS = { maxBytes: 10 * 1024 * 1024, maxFiles: 5 } as const;
