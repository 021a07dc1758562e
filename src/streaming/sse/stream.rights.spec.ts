import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type Authenticator } from '../../auth/authenticator.js';
import { type Principal } from '../../auth/principal.js';
import { StreamingOptions } from '../streaming.options.js';
import { StreamRights } from './stream.rights.js';

Logger.overrideLogger(false);

const CHECK_MS = 20_000;
const principal = (more: Partial<Principal> = {}): Principal => ({ user: 'ann', roles: [], method: 'api_key', credentialId: 'c', ...more });

describe('the rights of who holds a stream open (P15)', () => {
  const isStillValid = jest.fn<Authenticator['isStillValid']>();
  let rights: StreamRights;
  const lost = (who = principal()) => {
    const told = jest.fn();
    return { told, subscription: rights.lost(who).subscribe({ next: () => told('lost'), complete: () => told('complete') }) };
  };
  beforeEach(() => {
    jest.useFakeTimers();
    isStillValid.mockReset().mockResolvedValue(true);
    rights = new StreamRights({ isStillValid } as unknown as Authenticator, new StreamingOptions());
  });
  afterEach(() => {
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });

  it('are checked well within the minute, and told once when they are lost', async () => {
    const { told } = lost();
    await jest.advanceTimersByTimeAsync(CHECK_MS);
    expect(told).not.toHaveBeenCalled();
    isStillValid.mockResolvedValue(false);
    await jest.advanceTimersByTimeAsync(CHECK_MS);
    expect(told.mock.calls).toEqual([['lost'], ['complete']]);
  });

  it('are checked by one clock for all streams, which stops with the last of them', async () => {
    const streams = [lost(), lost(principal({ user: 'bob' }))];
    await jest.advanceTimersByTimeAsync(0);
    expect(jest.getTimerCount()).toBe(1);
    await jest.advanceTimersByTimeAsync(CHECK_MS);
    expect(isStillValid.mock.calls.map(([{ user }]) => user)).toEqual(['ann', 'bob']);
    for (const { subscription } of streams) subscription.unsubscribe();
  });

  it('end to the moment with a token that expires', async () => {
    isStillValid.mockImplementation(async ({ expiresAt }) => Date.now() < (expiresAt as number));
    const { told } = lost(principal({ expiresAt: Date.now() + 5000 }));
    await jest.advanceTimersByTimeAsync(4999);
    expect(told).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    expect(told).toHaveBeenCalledWith('lost');
  });

  it('of a token that is good for longer than a timer can run are left to the checks', async () => {
    const { told, subscription } = lost(principal({ expiresAt: Date.now() + 2 ** 33 }));
    await jest.advanceTimersByTimeAsync(CHECK_MS);
    expect(told).not.toHaveBeenCalled();
    subscription.unsubscribe();
  });

  it('are lost where nobody can tell, or it takes too long to be told', async () => {
    isStillValid.mockRejectedValue(new Error('the directory is down'));
    const failing = lost();
    await jest.advanceTimersByTimeAsync(CHECK_MS);
    expect(failing.told).toHaveBeenCalledWith('lost');

    isStillValid.mockImplementation(() => new Promise(() => undefined));
    const hanging = lost();
    await jest.advanceTimersByTimeAsync(3 * CHECK_MS - 1);
    expect(hanging.told).toHaveBeenCalledWith('lost');
  });
});
