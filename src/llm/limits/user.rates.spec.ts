import { expect, it } from '@jest/globals';
import { UserRates } from './user.rates.js';

it('keeps the rates of those who have used some of them, and forgets the others', () => {
  const users = new UserRates({ requestsPerMinute: 10 });
  for (let n = 0; n < 10_000; n++) users.of(`user ${n}`, 0);
  expect(users.size).toBeLessThanOrEqual(1000);
  for (let n = 0; n < 3000; n++) users.of(`busy ${n}`, 0)?.take(1, 0);
  expect(users.size).toBeGreaterThanOrEqual(3000);
  expect(users.of('busy 0', 0)?.hold(0, 0, { requests: 9, tokens: 0 })).toEqual({ rate: 'requests', ms: 6000 });
});

it('has none of nobody, and none where there are none', () => {
  expect(new UserRates({ requestsPerMinute: 10 }).of(undefined, 0)).toBeUndefined();
  expect(new UserRates({}).of('alice', 0)).toBeUndefined();
});
