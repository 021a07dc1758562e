import { describe, expect, it } from '@jest/globals';
import { StreamLimiter } from './stream-limiter.js';

const FULL = expect.objectContaining({ code: 'too_many_streams', status: 429, message: expect.stringMatching(/^2 streams are open.*close one/) });

describe('StreamLimiter', () => {
  it('gives as many places as the cap says, to each user', () => {
    const limiter = new StreamLimiter(2);
    limiter.acquire('alice');
    limiter.acquire('alice');
    expect(() => limiter.acquire('alice')).toThrow(FULL);
    limiter.acquire('bob');
    expect([limiter.count('alice'), limiter.count('bob'), limiter.count('carl')]).toEqual([2, 1, 0]);
  });

  it('takes a place back once, however often it is given', () => {
    const limiter = new StreamLimiter(2);
    const release = limiter.acquire('alice');
    limiter.acquire('alice');
    release();
    release();
    expect(limiter.count('alice')).toBe(1);
    limiter.acquire('alice');
    expect(() => limiter.acquire('alice')).toThrow(FULL);
    release();
    expect(() => limiter.acquire('alice')).toThrow(FULL);
  });

  it('cannot be got round by opening at the same moment', async () => {
    const limiter = new StreamLimiter(2);
    const results = await Promise.allSettled(Array.from({ length: 20 }, async () => limiter.acquire('alice')));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    for (const result of results) if (result.status === 'fulfilled') result.value();
    expect(limiter.count('alice')).toBe(0);
  });

  it('keeps odd names apart, and forgets users without streams', () => {
    const limiter = new StreamLimiter(1);
    const releases = ['__proto__', 'constructor', ''].map((user) => limiter.acquire(user));
    for (const release of releases) release();
    expect(limiter['open'].size).toBe(0);
  });

  it('gives no more places to all together than there are, whoever asks', () => {
    const limiter = new StreamLimiter(2, 3);
    const release = limiter.acquire('alice');
    for (const user of ['alice', 'bob']) limiter.acquire(user);
    // What is up to the user comes first.
    expect(() => limiter.acquire('alice')).toThrow(FULL);
    for (const user of ['bob', 'carl']) expect(() => limiter.acquire(user)).toThrow(expect.objectContaining({ code: 'capacity_exceeded', status: 503, options: { retryAfterSeconds: 5 } }));
    expect([limiter.remaining('alice'), limiter.remaining('bob'), limiter.remaining('carl')]).toEqual([0, 1, 2]);
    release();
    release();
    limiter.acquire('carl');
    expect(() => limiter.acquire('bob')).toThrow(expect.objectContaining({ code: 'capacity_exceeded' }));
  });

  it.each([0, -1, 1.5, NaN, Infinity])('refuses a cap of %d', (cap) => {
    for (const make of [() => new StreamLimiter(cap), () => new StreamLimiter(1, cap)]) expect(make).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  });
});
