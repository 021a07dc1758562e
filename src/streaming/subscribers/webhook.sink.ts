/**
 * Events to another service by HTTP, as Standard Webhooks has it: a POST for each event, or for some of one execution, signed
 * by HMAC-SHA256 over its id, its time and its body. The id is `<execution>/<seq>` of the last event in it and is the same
 * however often it is sent, so a receiver tells what it has had. Events of one execution are sent one after the other, those
 * of several side by side; each is sent again until the receiver has answered with 2xx.
 */
import { createHmac } from 'node:crypto';
import { type RecordedEvent } from '../../journal/event-batch.js';
import { Deadline } from '../../llm/tools/deadline.js';
import { retryAfterSeconds } from '../../llm/retry.after.js';
import { type FailureWatch, SubscriberFailure } from './failure.watch.js';
import { type Item, type Sink } from './log.reader.js';
import { pause, persist } from './persist.js';
import { keyOf } from './subscriber.options.check.js';
import { WEBHOOK_DEFAULTS, type WebhookOptions } from './subscriber.options.js';

/** A receiver may ask to be left alone for so long. */
const MAX_RETRY_AFTER_MS = 60 * 60 * 1000;
/** Bytes of an answer that are read so that its connection can be used again. */
const MAX_ANSWER = 64 * 1024;
/** Characters of events that are sent together, at least one event. */
const MAX_BATCH_LENGTH = 256 * 1024;
/** "Gone": the receiver wants no more. */
const GONE = 410;

export class WebhookSink implements Sink {
  private readonly options: WebhookOptions & typeof WEBHOOK_DEFAULTS;
  private readonly keys: Buffer[];
  /** When anything may be sent again, after a `Retry-After` (`performance.now()`). */
  private notBefore = 0;

  constructor(options: WebhookOptions, private readonly watch: FailureWatch, private readonly time: { now(): number; random(): number }) {
    this.options = { ...WEBHOOK_DEFAULTS, ...(options as typeof WEBHOOK_DEFAULTS & WebhookOptions) };
    this.keys = [options.secret].flat().map((secret) => keyOf(secret) as Buffer);
  }

  async take(items: readonly Item[], passed: (index: number) => void, signal: AbortSignal): Promise<void> {
    const lanes = new Map<string, number[]>();
    for (const [i, { executionId }] of items.entries()) {
      const lane = lanes.get(executionId);
      if (lane) lane.push(i);
      else lanes.set(executionId, [i]);
    }
    const waiting = lanes.values();
    const work = async () => {
      for (const lane of waiting) {
        for (const i of lane) {
          if (!(await this.sendItem(items[i] as Item, signal))) return;
          passed(i);
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(this.options.concurrency, lanes.size) }, work));
  }

  /** False where the signal aborts before everything is sent. */
  private async sendItem({ executionId, events }: Item, signal: AbortSignal): Promise<boolean> {
    const { minDelayMs, maxDelayMs, batch } = this.options;
    const persistence = { watch: this.watch, signal, minDelayMs, maxDelayMs, random: () => this.time.random() };
    for (const part of partsOf(events, batch)) {
      const id = `${executionId}/${(part.at(-1) as RecordedEvent).seq}`;
      const body = batch === 1 ? (part[0] as RecordedEvent).json : batchBody(part);
      if (!(await persist(() => this.send(id, body, signal), persistence))) return false;
      this.watch.metrics.events.inc({ subscriber: this.watch.name }, part.length);
    }
    return true;
  }

  /** @throws SubscriberFailure where the receiver did not take it. */
  private async send(id: string, body: string, signal: AbortSignal): Promise<void> {
    const waitMs = this.notBefore - performance.now();
    if (waitMs > 0) await pause(waitMs, signal);
    const timestamp = String(Math.floor(this.time.now() / 1000));
    const deadline = new Deadline(this.options.timeoutMs, signal);
    try {
      const answer = await fetch(this.options.url, {
        method: 'POST', body, redirect: 'manual', signal: deadline.signal,
        headers: {
          'content-type': 'application/json', 'user-agent': 'Stepcast', 'webhook-id': id, 'webhook-timestamp': timestamp,
          'webhook-signature': this.keys.map((key) => `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`).join(' '),
        },
      });
      // It has answered; what it does with the rest of the answer changes nothing.
      await drain(answer).catch(() => undefined);
      if (!answer.ok) throw this.refusal(answer);
    } catch (error) {
      if (error instanceof SubscriberFailure || signal.aborted) throw error;
      if (deadline.over) throw new SubscriberFailure('timeout', `the receiver did not answer within ${this.options.timeoutMs} ms`);
      const { cause } = error as { cause?: NodeJS.ErrnoException };
      throw new SubscriberFailure(cause?.code ?? (error as Error).name, `the receiver cannot be reached: ${cause?.message || cause?.code || (error as Error).message}`);
    } finally {
      deadline.end();
    }
  }

  private refusal({ status, headers }: Response): SubscriberFailure {
    const seconds = retryAfterSeconds({ 'retry-after': headers.get('retry-after') ?? undefined }, '', this.time.now());
    const retryAfterMs = Math.min(MAX_RETRY_AFTER_MS, (seconds ?? 0) * 1000);
    if (retryAfterMs > 0) this.notBefore = Math.max(this.notBefore, performance.now() + retryAfterMs);
    const why = status === GONE ? ', it wants no more' : status >= 300 && status < 400 ? ', and redirects are not followed' : '';
    return new SubscriberFailure(`status ${status}`, `the receiver answered ${status}${why}`, { retryAfterMs, isFinal: status === GONE });
  }
}

function* partsOf(events: readonly RecordedEvent[], batch: number): Iterable<RecordedEvent[]> {
  for (let from = 0, to = 0; from < events.length; from = to) {
    for (let length = 0; to < events.length && to - from < batch && (to === from || length < MAX_BATCH_LENGTH); to++) length += (events[to] as RecordedEvent).json.length;
    yield events.slice(from, to);
  }
}

function batchBody(part: readonly RecordedEvent[]): string {
  const { event } = part.at(-1) as RecordedEvent;
  return `{"type":"batch","timestamp":${JSON.stringify(event.timestamp)},"data":{"events":[${part.map(({ json }) => json).join()}]}}`;
}

async function drain({ body }: Response): Promise<void> {
  if (!body) return;
  let length = 0;
  for await (const part of body as unknown as AsyncIterable<Uint8Array>) if ((length += part.length) > MAX_ANSWER) return;
}
