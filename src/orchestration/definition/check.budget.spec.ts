import { beforeEach, describe, expect, it } from '@jest/globals';
import { CheckBudget } from './check.budget.js';

describe('the time that the checks of a user may take', () => {
  let time: number;
  let budget: CheckBudget;
  beforeEach(() => {
    time = 0;
    budget = new CheckBudget(() => time);
  });
  /** How many checks of so many milliseconds a user gets in a row, of 1,000. */
  const checks = (user: string | undefined, ms: number): number => {
    for (let n = 0; n < 1000; n++) {
      try {
        budget.run(user, () => (time += ms));
      } catch (error) {
        expect(error).toMatchObject({ code: 'rate_limited' });
        return n;
      }
    }
    return 1000;
  };

  it('has no bound where they are as they should be', () => expect(checks('ann', 20)).toBe(1000));

  it('has one where they are slow, and that of another user is not touched by it', () => {
    const got = checks('ann', 500);
    expect([got > 15, got < 40]).toEqual([true, true]);
    expect(checks('bob', 500)).toBe(got);
  });

  it('comes back, after as long as the refusal says', () => {
    checks('ann', 500);
    let wait = 0;
    try {
      budget.run('ann', () => undefined);
    } catch (error) {
      wait = (error as { options: { retryAfterSeconds: number } }).options.retryAfterSeconds;
    }
    expect(wait).toBeGreaterThan(0);
    time += wait * 1000;
    expect(budget.run('ann', () => 'checked')).toBe('checked');
  });

  it('is over where all of it is spent, and the refusal says when there is some again', () => {
    budget.run('ann', () => (time += 10_050));
    expect(() => budget.run('ann', () => 1)).toThrow(expect.objectContaining({ options: expect.objectContaining({ retryAfterSeconds: 10 }) }));
    time += 1;
    expect(budget.run('ann', () => 1)).toBe(1);
  });

  it('counts those that throw, and those of nobody not', () => {
    const slow = () => budget.run('ann', () => { time += 20_000; throw new Error('not valid'); });
    expect(slow).toThrow('not valid');
    expect(slow).toThrow(expect.objectContaining({ code: 'rate_limited' }));
    expect(checks(undefined, 500)).toBe(1000);
  });

  it('is kept of those who owe, however many come', () => {
    budget.run('ann', () => (time += 30_000));
    for (let i = 0; i < 5000; i++) budget.run(`user ${i}`, () => (time += 51));
    expect(() => budget.run('ann', () => 1)).not.toThrow();
    budget.run('eve', () => (time += 50_000));
    for (let i = 0; i < 2000; i++) budget.run(`other ${i}`, () => (time += 0.001));
    expect(() => budget.run('eve', () => 1)).toThrow(expect.objectContaining({ code: 'rate_limited' }));
  });
});
