/**
 * What is left of a limit, told on answers: `RateLimit-Policy` and `RateLimit` of draft-ietf-httpapi-ratelimit-headers
 * in the form it has from its 8th version on: lists of structured fields, an item for each limit by its name, with the
 * quota `q` per window `w` (or, without a window, of what is open at the same time), and `r` remaining for `t` seconds.
 */
import { StepcastError } from '../contract/errors.js';
import { type Quota, type RequestLimiter } from './request-limiter.js';

/** Express's response, or Fastify's reply. */
export interface HttpAnswer {
  header(name: string, value: string): unknown;
  getHeader(name: string): unknown;
}

/** Tells a limit of requests per seconds. */
export function tellRate(answer: HttpAnswer, { name, rate }: Pick<RequestLimiter, 'name' | 'rate'>, { remaining, resetSeconds }: Pick<Quota, 'remaining' | 'resetSeconds'>): void {
  tell(answer, name, `q=${rate.points};w=${rate.seconds}`, `r=${remaining};t=${resetSeconds}`);
}

/** Tells a limit of what is open or runs at the same time. */
export function tellConcurrency(answer: HttpAnswer, name: string, quota: number, remaining: number): void {
  tell(answer, name, `q=${quota};qu="concurrent-requests"`, `r=${Math.max(0, remaining)}`);
}

/** Tells what `consume` answers or refuses; passes both on. */
export async function tellingRate(answer: HttpAnswer, limiter: Pick<RequestLimiter, 'name' | 'rate'>, consume: () => Promise<Quota>): Promise<Quota> {
  try {
    const quota = await consume();
    tellRate(answer, limiter, quota);
    return quota;
  } catch (error) {
    if (error instanceof StepcastError && error.options.retryAfterSeconds !== undefined) {
      tellRate(answer, limiter, { remaining: 0, resetSeconds: error.options.retryAfterSeconds });
    }
    throw error;
  }
}

/** Takes back what was told of a limit that the answer does not come under after all. */
export function untell(answer: HttpAnswer & { removeHeader(name: string): unknown }, { name }: Pick<RequestLimiter, 'name'>): void {
  for (const header of ['RateLimit-Policy', 'RateLimit']) {
    const others = itemsOf(answer, header, name);
    if (others.length > 0) answer.header(header, others.join(', '));
    else answer.removeHeader(header);
  }
}

function tell(answer: HttpAnswer, name: string, policy: string, state: string): void {
  for (const [header, parameters] of [['RateLimit-Policy', policy], ['RateLimit', state]] as const) {
    answer.header(header, [...itemsOf(answer, header, name), `"${name}";${parameters}`].join(', '));
  }
}

/** The items of other names. */
function itemsOf(answer: HttpAnswer, header: string, name: string): string[] {
  const told = answer.getHeader(header);
  return typeof told === 'string' ? told.split(', ').filter((item) => !item.startsWith(`"${name}";`)) : [];
}
