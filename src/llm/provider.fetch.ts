/**
 * How the packages of the AI SDK talk to providers: `fetch`, which trusts the other side with less.
 *
 * A redirect is not followed: the request carries the key and the prompt, and of the key `fetch` takes away no more than
 * `Authorization`. An answer may be long, as streams are, but nothing of it that has to be kept in memory before it is
 * understood: neither a refusal nor one event of a stream. Bytes are counted as they are unpacked.
 */
import { StepcastError } from '../contract/errors.js';

export const ANSWER_LIMITS = {
  /** Bytes of an answer that is no success: it is read as a whole. */
  refusal: 1024 * 1024,
  /** Bytes of a stream without an empty line, which ends an event; the last one of some providers repeats all they have said. */
  event: 16 * 1024 * 1024,
} as const;

const LF = 0x0a;
const CR = 0x0d;

export const providerFetch: typeof fetch = async (input, init) => {
  const response = await fetch(input, { ...init, redirect: 'manual' });
  const { body, ok, status } = response;
  if (status >= 300 && status < 400) {
    await body?.cancel();
    throw new StepcastError('model_failed', `the provider of the model answers with a redirect (${status}), which is not followed; set its base URL to the address that answers`, { retryable: false });
  }
  if (!body) return response;
  return new Response(body.pipeThrough(ok ? eventsUpTo(ANSWER_LIMITS.event) : bytesUpTo(ANSWER_LIMITS.refusal)), response);
};

function bytesUpTo(limit: number): TransformStream<Uint8Array, Uint8Array> {
  let size = 0;
  return new TransformStream({
    transform(chunk, controller) {
      size += chunk.length;
      if (size > limit) throw tooLarge('refusal', limit);
      controller.enqueue(chunk);
    },
  });
}

/** Counts from the last empty line on, however lines are ended. */
function eventsUpTo(limit: number): TransformStream<Uint8Array, Uint8Array> {
  let size = 0;
  let isLineEmpty = true;
  let isAfterCr = false;
  return new TransformStream({
    transform(chunk, controller) {
      // By index: an iterator takes several times as long.
      for (let at = 0; at < chunk.length; at++) {
        const byte = chunk[at];
        const isSecondHalf = isAfterCr && byte === LF;
        isAfterCr = byte === CR;
        if (isSecondHalf) continue;
        const isBreak = byte === LF || byte === CR;
        size = isBreak && isLineEmpty ? 0 : size + 1;
        isLineEmpty = isBreak;
      }
      if (size > limit) throw tooLarge('event', limit);
      controller.enqueue(chunk);
    },
  });
}

function tooLarge(what: string, limit: number): StepcastError {
  return new StepcastError('model_failed', `the provider of the model has sent more than ${limit} bytes in one ${what}; that is no answer of a model`, { retryable: false });
}
