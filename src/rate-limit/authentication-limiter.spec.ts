import { describe, expect, it } from '@jest/globals';
import { StepcastError } from '../contract/errors.js';
import { AuthenticationLimiter } from './authentication-limiter.js';
import { RequestLimiter } from './request-limiter.js';

const make = (points: number) => {
  const limiter = new RequestLimiter({ points, seconds: 60 });
  return { limiter, authentication: new AuthenticationLimiter(limiter) };
};
const LIMITED = expect.objectContaining({ code: 'rate_limited', options: { retryAfterSeconds: 60 } });
const wrong = async () => {
  throw new StepcastError('unauthenticated', 'no');
};
const right = async () => 'alice';
/** As the guards and the filter of refusals do it, one after the other. */
const attempt = async <T>(limiter: AuthenticationLimiter, ip: string, authenticate: () => Promise<T>): Promise<T> => {
  const request = { ip };
  await limiter.begin(request);
  try {
    const result = await authenticate();
    await limiter.takeBack(request);
    return result;
  } catch (error) {
    if (!(error instanceof StepcastError && error.code === 'unauthenticated')) await limiter.takeBack(request);
    throw error;
  }
};

describe('AuthenticationLimiter', () => {
  it('counts failures, and then refuses without looking at the credential', async () => {
    const { authentication } = make(2);
    await expect(attempt(authentication, '192.0.2.1', wrong)).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(attempt(authentication, '192.0.2.1', wrong)).rejects.toMatchObject({ code: 'unauthenticated' });
    let looked = false;
    await expect(attempt(authentication, '192.0.2.1', async () => (looked = true))).rejects.toEqual(LIMITED);
    expect(looked).toBe(false);
    await expect(attempt(authentication, '192.0.2.2', right)).resolves.toBe('alice');
  });

  it('does not count successes, nor failures of its own making', async () => {
    const { authentication } = make(1);
    for (let i = 0; i < 5; i++) {
      await expect(attempt(authentication, '192.0.2.1', right)).resolves.toBe('alice');
      await expect(attempt(authentication, '192.0.2.1', async () => Promise.reject(new Error('no database')))).rejects.toThrow('no database');
    }
    await expect(attempt(authentication, '192.0.2.1', wrong)).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(attempt(authentication, '192.0.2.1', right)).rejects.toEqual(LIMITED);
  });

  it('lets no guess pass before those sent with it have failed', async () => {
    const { authentication } = make(5);
    let looks = 0;
    const slow = async () => {
      looks += 1;
      await new Promise((resolve) => setImmediate(resolve));
      return wrong();
    };
    await Promise.allSettled(Array.from({ length: 100 }, () => attempt(authentication, '192.0.2.1', slow)));
    expect(looks).toBe(5);
  });

  it('counts the addresses of one IPv6 network together', async () => {
    const { authentication } = make(1);
    await expect(attempt(authentication, '2001:db8::1', wrong)).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(attempt(authentication, '2001:db8::2', wrong)).rejects.toEqual(LIMITED);
  });

  it('counts a request once, however many guards it comes by', async () => {
    const { authentication } = make(1);
    const request = { ip: '192.0.2.1' };
    const quota = await authentication.begin(request);
    await expect(authentication.begin(request)).resolves.toEqual(quota);
    await authentication.takeBack(request);
    await expect(authentication.begin({ ip: '192.0.2.1' })).resolves.toMatchObject({ remaining: 0 });
  });

  it('takes an attempt back once', async () => {
    const { authentication } = make(2);
    const [first, second] = [{ ip: '192.0.2.1' }, { ip: '192.0.2.1' }];
    await authentication.begin(first);
    await authentication.begin(second);
    await Promise.all([authentication.takeBack(first), authentication.takeBack(first), authentication.takeBack({ ip: '192.0.2.1' })]);
    await expect(authentication.begin({ ip: '192.0.2.1' })).resolves.toMatchObject({ remaining: 0 });
  });

  it('leaves the counts of users and of public requests alone', async () => {
    const { authentication, limiter } = make(1);
    await expect(attempt(authentication, '192.0.2.1', wrong)).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(limiter.consume('address:192.0.2.1')).resolves.toMatchObject({ remaining: 0 });
  });
});
