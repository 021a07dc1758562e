import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Deadline } from './deadline.js';

const never = new Promise<never>(() => undefined);

describe('a deadline', () => {
  afterEach(() => void jest.useRealTimers());

  it('gives the work, where it comes in time', async () => {
    const deadline = new Deadline(60_000, new AbortController().signal);
    expect(await deadline.race(Promise.resolve(1))).toBe(1);
    await expect(deadline.race(Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect([deadline.over, deadline.signal.aborted]).toEqual([false, false]);
    deadline.end();
  });

  it('does not wait for work that ignores it when the time is over', async () => {
    const deadline = new Deadline(1, new AbortController().signal);
    await expect(deadline.race(never)).rejects.toMatchObject({ name: 'TimeoutError', message: 'took longer than 1 ms' });
    expect([deadline.over, deadline.signal.aborted]).toEqual([true, true]);
    await expect(deadline.race(never)).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('aborts with the signal around it, for its reason, and is not over then', async () => {
    const around = new AbortController();
    const deadline = new Deadline(60_000, around.signal);
    const racing = deadline.race(never);
    around.abort(new Error('cancelled'));
    await expect(racing).rejects.toThrow('cancelled');
    expect(deadline.over).toBe(false);
    deadline.end();
    const late = new Deadline(60_000, around.signal);
    expect(late.signal.reason).toBe(around.signal.reason);
    late.end();
  });

  it('hears nothing any more after its end', () => {
    const around = new AbortController();
    const deadline = new Deadline(60_000, around.signal);
    deadline.end();
    around.abort();
    expect(deadline.signal.aborted).toBe(false);
  });

  it('leaves no timer behind, which would keep the process for work that is done', () => {
    jest.useFakeTimers();
    new Deadline(60_000, new AbortController().signal).end();
    expect(jest.getTimerCount()).toBe(0);
  });
});
