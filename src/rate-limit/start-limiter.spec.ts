import { describe, expect, it } from '@jest/globals';
import { StepcastError } from '../contract/errors.js';
import { StartLimiter } from './start-limiter.js';

const answer = () => {
  const headers: Record<string, string> = {};
  return { headers, header: (name: string, value: string) => void (headers[name] = value), getHeader: (name: string) => headers[name] };
};
const start = async () => ({ created: true });
const LIMITED = expect.objectContaining({ code: 'rate_limited', message: expect.stringContaining('more than 2 starts in 60 s') });

describe('StartLimiter', () => {
  it('lets a user start so many, each for himself, and tells what is left', async () => {
    const limiter = new StartLimiter({ points: 2, seconds: 60 });
    const told: string[] = [];
    for (let i = 0; i < 3; i++) {
      const given = answer();
      await limiter.count('ann', given, start).catch((error: unknown) => expect(error).toEqual(LIMITED));
      told.push(given.headers['RateLimit'] as string);
    }
    expect(told).toEqual(['"starts";r=1;t=60', '"starts";r=0;t=60', expect.stringMatching(/^"starts";r=0;t=/)]);
    await expect(limiter.count('bob', answer(), start)).resolves.toEqual({ created: true });
  });

  it('takes the place before, so that starts at the same moment do not get round it', async () => {
    const limiter = new StartLimiter({ points: 2, seconds: 60 });
    let started = 0;
    const slow = async () => {
      started++;
      await new Promise((resolve) => setImmediate(resolve));
      return { created: true };
    };
    const all = await Promise.allSettled(Array.from({ length: 50 }, () => limiter.count('ann', answer(), slow)));
    expect([started, all.filter(({ status }) => status === 'fulfilled').length]).toEqual([2, 2]);
  });

  it('counts only what is started: no refusals, and no repeats', async () => {
    const limiter = new StartLimiter({ points: 2, seconds: 60 });
    for (let i = 0; i < 5; i++) {
      const given = answer();
      await expect(limiter.count('ann', given, () => Promise.reject(new StepcastError('invalid_input', 'no')))).rejects.toMatchObject({ code: 'invalid_input' });
      await expect(limiter.count('ann', given, async () => ({ created: false }))).resolves.toEqual({ created: false });
      expect(given.headers['RateLimit']).toMatch(/^"starts";r=2;/);
    }
    for (let i = 0; i < 2; i++) await limiter.count('ann', answer(), start);
    await expect(limiter.count('ann', answer(), start)).rejects.toEqual(LIMITED);
  });
});
