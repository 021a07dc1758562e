import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type Authenticator } from '../../auth/authenticator.js';
import { type Principal } from '../../auth/principal.js';
import { StreamingOptions } from '../streaming.options.js';
import { type StreamEnd } from './stream.end.js';
import { StreamRights } from './stream.rights.js';

Logger.overrideLogger(false);

const CHECK_MS = 20_000;
const principal = (more: Partial<Principal> = {}): Principal => ({ user: 'ann', roles: [], method: 'api_key', credentialId: 'c', ...more });

describe('the rights of who holds a stream open (P15)', () => {
  const isStillValid = jest.fn<Authenticator['isStillValid']>();
  let rights: StreamRights;
  const lost = (who = principal()) => {
    const leave = () => rights.unwatch(who, told);
    const told = jest.fn((_why: StreamEnd) => leave());
    rights.watch(who, told);
    return { told, leave };
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
    await jest.advanceTimersByTimeAsync(2 * CHECK_MS);
    expect(told).toHaveBeenCalledTimes(1);
    expect(told.mock.calls[0]?.[0]).toMatchObject({ code: 'unauthenticated', message: expect.stringMatching(/^the key .* is not taken any more; authenticate anew/) });
  });

  it('are checked by one clock for all streams, which stops with the last of them', async () => {
    const streams = [lost(), lost(principal({ user: 'bob' }))];
    await jest.advanceTimersByTimeAsync(0);
    expect(jest.getTimerCount()).toBe(1);
    await jest.advanceTimersByTimeAsync(CHECK_MS);
    expect(isStillValid.mock.calls.map(([{ user }]) => user)).toEqual(['ann', 'bob']);
    for (const { leave } of streams) leave();
  });

  it('are checked once for all streams of a principal, which all end with them', async () => {
    const who = principal();
    const [one, other, leaving] = [lost(who), lost(who), lost(who)];
    await jest.advanceTimersByTimeAsync(CHECK_MS);
    expect(isStillValid).toHaveBeenCalledTimes(1);
    leaving.leave();
    isStillValid.mockResolvedValue(false);
    await jest.advanceTimersByTimeAsync(CHECK_MS);
    expect([one, other, leaving].map(({ told }) => told.mock.calls.length)).toEqual([1, 1, 0]);
  });

  it('are looked at at once where they have just been taken away', async () => {
    const { told } = lost();
    isStillValid.mockResolvedValue(false);
    rights.checkAll();
    await jest.advanceTimersByTimeAsync(0);
    expect(told).toHaveBeenCalledTimes(1);
  });

  it('are not asked for again while an answer is awaited', async () => {
    let answer!: (valid: boolean) => void;
    isStillValid.mockImplementation(() => new Promise((resolve) => (answer = resolve)));
    const { leave } = lost();
    await jest.advanceTimersByTimeAsync(CHECK_MS + CHECK_MS / 2);
    expect(isStillValid).toHaveBeenCalledTimes(1);
    answer(true);
    await jest.advanceTimersByTimeAsync(CHECK_MS / 2);
    expect(isStillValid).toHaveBeenCalledTimes(2);
    answer(true);
    await jest.advanceTimersByTimeAsync(0);
    leave();
  });

  it('end to the moment with a token that expires', async () => {
    isStillValid.mockImplementation(async ({ expiresAt }) => Date.now() < (expiresAt as number));
    const { told } = lost(principal({ expiresAt: Date.now() + 5000 }));
    await jest.advanceTimersByTimeAsync(5000);
    expect(told).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(5);
    expect(told).toHaveBeenCalledTimes(1);
    expect(told.mock.calls[0]?.[0]).toMatchObject({ code: 'unauthenticated', message: expect.stringMatching(/has expired; authenticate anew/) });
  });

  it('of a token that is good for longer than a timer can run are left to the checks', async () => {
    const { told, leave } = lost(principal({ expiresAt: Date.now() + 2 ** 33 }));
    await jest.advanceTimersByTimeAsync(CHECK_MS);
    expect(told).not.toHaveBeenCalled();
    leave();
  });

  it('are lost where nobody can tell, or it takes too long to be told', async () => {
    isStillValid.mockRejectedValue(new Error('the directory is down'));
    const failing = lost();
    await jest.advanceTimersByTimeAsync(CHECK_MS);
    expect(failing.told).toHaveBeenCalledTimes(1);
    expect(failing.told.mock.calls[0]?.[0]).toMatchObject({ code: 'authentication_unavailable', message: expect.stringContaining('resume with the last id') });

    isStillValid.mockImplementation(() => new Promise(() => undefined));
    const hanging = lost();
    await jest.advanceTimersByTimeAsync(3 * CHECK_MS - 1);
    expect(hanging.told).toHaveBeenCalledTimes(1);
  });
});
