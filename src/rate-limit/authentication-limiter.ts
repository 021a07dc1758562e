/**
 * Keeps keys, tokens and tickets from being guessed without limit. Every attempt to authenticate costs its address a
 * request before the credential is looked at, and gets it back once it succeeds: so only failures count, while
 * guesses that are sent all at once cannot pass before the first has failed. An address whose attempts are used up
 * is refused with a right credential too; otherwise guessing could go on unseen.
 */
import { addressKey } from './address-key.js';
import { type Quota, type RequestLimiter } from './request-limiter.js';

export class AuthenticationLimiter {
  /** What an attempt under way was counted under, by its request. */
  private readonly attempts = new WeakMap<object, { key: string; quota: Quota }>();

  /** `limiter` may be the one that counts users: the keys differ. */
  constructor(private readonly limiter: RequestLimiter) {}

  /**
   * Counts an attempt, once a request, before the credential is looked at. `takeBack` with the same request gives it back.
   * @throws StepcastError `rate_limited` where the address has used up its attempts.
   */
  async begin(request: { ip?: string | undefined }): Promise<Quota> {
    const begun = this.attempts.get(request);
    if (begun) return begun.quota;
    const key = `authentication:${addressKey(request.ip)}`;
    const quota = await this.limiter.consume(key);
    this.attempts.set(request, { key, quota });
    return quota;
  }

  /** Takes the request's attempt back, which has not failed; nothing where none was begun, or it was taken back before. */
  async takeBack(request: object): Promise<void> {
    const attempt = this.attempts.get(request);
    if (!attempt) return;
    this.attempts.delete(request);
    await this.limiter.refund(attempt.key, attempt.quota);
  }
}
