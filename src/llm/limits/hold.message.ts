/** What readers of the stream are told while a request waits: the `message` of a step, in the end a line for people. */
import { type Limits } from './limits.options.js';
import { type Hold } from './provider.gate.js';

/** A rate is used up, or the provider asks for a pause; all places are taken; another request tries whether it is back. */
export type HoldCode = 'rate_limited' | 'concurrency_limited' | 'circuit_half_open';

export function messageOf({ limit, ms = 0, ahead }: Hold, provider: string, { rates, perUser, concurrency }: Limits): { text: string; code: HoldCode } {
  const waits = `this request waits about ${durationOf(ms)}`;
  const line = ahead === 0 ? 'it is the next' : `${ahead} before it`;
  switch (limit) {
    case 'requests':
      return { code: 'rate_limited', text: `the limit of ${rates.requestsPerMinute} requests a minute at the provider "${provider}" is used up; ${waits}` };
    case 'tokens':
      return { code: 'rate_limited', text: `the limit of ${rates.tokensPerMinute} tokens a minute at the provider "${provider}" is used up; ${waits}` };
    case 'user_requests':
      return { code: 'rate_limited', text: `the user's limit of ${perUser.requestsPerMinute} requests a minute at the provider "${provider}" is used up; ${waits}` };
    case 'user_tokens':
      return { code: 'rate_limited', text: `the user's limit of ${perUser.tokensPerMinute} tokens a minute at the provider "${provider}" is used up; ${waits}` };
    case 'retry_after':
      return { code: 'rate_limited', text: `the provider "${provider}" asks to be left alone; ${waits}` };
    case 'concurrency':
      return { code: 'concurrency_limited', text: `all ${concurrency} requests that the provider "${provider}" may be sent at once are under way; this one waits for a place (${line})` };
    case 'breaker':
      return { code: 'circuit_half_open', text: `the provider "${provider}" has failed; this request waits for the one that tries whether it is back (${line})` };
  }
}

export function durationOf(ms: number): string {
  return ms < 1000 ? `${Math.ceil(ms)} ms` : `${Math.ceil(ms / 100) / 10} s`;
}
