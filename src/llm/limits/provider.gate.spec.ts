import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as cockatiel from 'cockatiel';
import { ManualClock, settled } from '../../../test/support/manual-clock.js';
import { type GateReading, type LimitName, LimitsObserver } from './limits.observer.js';
import { type LimitsOptions, limitsOf } from './limits.options.js';
import { type Permit } from './permit.js';
import { type Hold, ProviderGate } from './provider.gate.js';

const FULL = { '*': false } as const;

class Notes extends LimitsObserver {
  readonly waits: [LimitName, number][] = [];
  refusals = 0;
  read: (() => GateReading) | undefined;

  override watch(_provider: string, read: () => GateReading): void {
    this.read = read;
  }

  override waited(_provider: string, limit: LimitName, ms: number): void {
    this.waits.push([limit, ms]);
  }

  override refused(): void {
    this.refusals++;
  }
}

/** A request that has come to the gate. */
interface Visitor {
  holds: Hold[];
  permit: Permit | undefined;
  error: unknown;
  abort: (reason?: unknown) => void;
}

let clock: ManualClock;
let notes: Notes;
beforeEach(() => {
  clock = new ManualClock();
  notes = new Notes();
});
// Nothing may be left that would keep a process alive.
afterEach(() => expect(clock.waiting).toBe(0));

function gateOf(limits: LimitsOptions[string], others: LimitsOptions = FULL): ProviderGate {
  const found = limitsOf('openai', { ...others, openai: limits });
  if (!found) throw new Error('there are no limits');
  return new ProviderGate(cockatiel, 'openai', found, clock, notes);
}

async function comes(gate: ProviderGate, { user = 'alice', tokens = 1 }: { user?: string; tokens?: number } = {}): Promise<Visitor> {
  const controller = new AbortController();
  const visitor: Visitor = { holds: [], permit: undefined, error: undefined, abort: (reason) => controller.abort(reason) };
  gate.enter({ user, tokens, signal: controller.signal, tell: (hold) => visitor.holds.push(hold) }).then((permit) => (visitor.permit = permit), (error: unknown) => (visitor.error = error));
  await settled();
  return visitor;
}

const isIn = (visitors: Visitor[]): boolean[] => visitors.map(({ permit }) => permit !== undefined);

describe('requests a minute', () => {
  it('delay those above them, which are told at once how long, and go in order', async () => {
    const gate = gateOf({ requestsPerMinute: 2 });
    const visitors = [await comes(gate), await comes(gate), await comes(gate), await comes(gate)];
    expect(isIn(visitors)).toEqual([true, true, false, false]);
    expect(visitors.map(({ holds }) => holds)).toEqual([[], [], [{ limit: 'requests', ms: 30_000, ahead: 0 }], [{ limit: 'requests', ms: 60_000, ahead: 1 }]]);
    expect(notes.read?.()).toEqual({ inFlight: 2, waiting: 2, breaker: undefined });
    await clock.advance(29_999);
    expect(isIn(visitors)).toEqual([true, true, false, false]);
    await clock.advance(1);
    expect(isIn(visitors)).toEqual([true, true, true, false]);
    await clock.advance(30_000);
    expect(isIn(visitors)).toEqual([true, true, true, true]);
    expect(notes.waits).toEqual([['requests', 30_000], ['requests', 60_000]]);
    // Each was told once.
    expect(visitors.map(({ holds }) => holds.length)).toEqual([0, 0, 1, 1]);
  });

  it('of a user delay nobody else', async () => {
    const gate = gateOf({ perUser: { requestsPerMinute: 1 } });
    const visitors = [await comes(gate), await comes(gate), await comes(gate, { user: 'bob' }), await comes(gate, { user: 'bob' })];
    expect(isIn(visitors)).toEqual([true, false, true, false]);
    expect(visitors[1]?.holds).toEqual([{ limit: 'user_requests', ms: 60_000, ahead: 0 }]);
    await clock.advance(60_000);
    expect(isIn(visitors)).toEqual([true, true, true, true]);
  });

  it('go to the users by turns', async () => {
    const gate = gateOf({ requestsPerMinute: 1 });
    const order: string[] = [];
    await comes(gate);
    const visitors = await Promise.all(['alice', 'alice', 'alice', 'bob'].map(async (user) => ({ user, visitor: await comes(gate, { user }) })));
    for (let n = 0; n < 4; n++) {
      const before = isIn(visitors.map(({ visitor }) => visitor));
      await clock.advance(60_000);
      const now = isIn(visitors.map(({ visitor }) => visitor));
      order.push(visitors[now.findIndex((is, i) => is !== before[i])]?.user ?? 'nobody');
    }
    expect(order).toEqual(['alice', 'bob', 'alice', 'alice']);
    // As they were told.
    expect(visitors.map(({ visitor }) => visitor.holds[0]?.ms)).toEqual([60_000, 120_000, 180_000, 120_000]);
  });
});

describe('tokens a minute', () => {
  it('are taken as estimated, and settled with what was used', async () => {
    const gate = gateOf({ tokensPerMinute: 1000 });
    const first = await comes(gate, { tokens: 900 });
    const second = await comes(gate, { tokens: 500 });
    expect(second.holds).toEqual([{ limit: 'tokens', ms: 24_000, ahead: 0 }]);
    first.permit?.end('answers', 100);
    await settled();
    expect(isIn([second])).toEqual([true]);
    // 900 are left of 1,000, and 500 of these are taken; the answer took 1,400 more than that.
    second.permit?.end('answers', 1900);
    const third = await comes(gate, { tokens: 100 });
    expect(third.holds).toEqual([{ limit: 'tokens', ms: 66_000, ahead: 0 }]);
    await clock.advance(66_000);
    expect(isIn([third])).toEqual([true]);
  });

  it('of what nobody has counted stay as estimated, and of what failed are given back', async () => {
    const gate = gateOf({ tokensPerMinute: 100 });
    (await comes(gate, { tokens: 100 })).permit?.fail('fails');
    const second = await comes(gate, { tokens: 100 });
    expect(isIn([second])).toEqual([true]);
    second.permit?.answered();
    second.permit?.fail('fails');
    second.permit?.end('answers', 0);
    const third = await comes(gate, { tokens: 100 });
    expect(third.holds).toEqual([{ limit: 'tokens', ms: 60_000, ahead: 0 }]);
    third.abort();
    await settled();
  });

  it('let a request go that is larger than they are, when nothing else was used for a minute', async () => {
    const gate = gateOf({ tokensPerMinute: 100 });
    await comes(gate, { tokens: 50 });
    const large = await comes(gate, { tokens: 300 });
    expect(large.holds).toEqual([{ limit: 'tokens', ms: 30_000, ahead: 0 }]);
    // Nobody overtakes it, who would fit in now.
    const small = await comes(gate, { user: 'bob', tokens: 1 });
    expect(isIn([large, small])).toEqual([false, false]);
    await clock.advance(30_000);
    expect(isIn([large, small])).toEqual([true, false]);
    large.permit?.end('answers', 150);
    await clock.advance(30_600);
    expect(isIn([small])).toEqual([true]);
  });

  it('are not owed for an estimate alone: who gives up a request of any size leaves no more than an empty bucket', async () => {
    const gate = gateOf({ tokensPerMinute: 100, perUser: { tokensPerMinute: 50 } });
    const [first, second] = [await comes(gate, { tokens: Number.MAX_SAFE_INTEGER }), await comes(gate, { user: 'bob', tokens: Number.MAX_SAFE_INTEGER })];
    const last = await comes(gate, { user: 'carol', tokens: 50 });
    expect(isIn([first, second])).toEqual([true, false]);
    expect([second.holds, last.holds]).toEqual([[{ limit: 'tokens', ms: 60_000, ahead: 0 }], [{ limit: 'tokens', ms: 90_000, ahead: 1 }]]);
    first.permit?.end('unknown');
    second.abort();
    await clock.advance(30_000);
    expect(isIn([last])).toEqual([true]);
    // What was really taken is owed all the same.
    last.permit?.end('answers', 250);
    const large = await comes(gate, { tokens: Number.MAX_SAFE_INTEGER });
    expect(large.holds).toEqual([{ limit: 'tokens', ms: 180_000, ahead: 0 }]);
    large.abort();
    await settled();
  });

  it('of a user who was forgotten in the middle of an answer are owed as well', async () => {
    const gate = gateOf({ perUser: { tokensPerMinute: 100 } });
    const long = await comes(gate, { tokens: 100 });
    await clock.advance(60_000);
    for (let n = 0; n < 1001; n++) (await gate.enter({ user: `user ${n}`, tokens: 1, signal: undefined, tell: () => undefined })).end('answers', 1);
    long.permit?.end('answers', 150);
    const next = await comes(gate, { tokens: 100 });
    expect(next.holds).toEqual([{ limit: 'user_tokens', ms: 30_000, ahead: 0 }]);
    next.abort();
    await settled();
  });

  it('of a user are settled too', async () => {
    const gate = gateOf({ perUser: { tokensPerMinute: 100 } });
    const first = await comes(gate, { tokens: 100 });
    const second = await comes(gate, { tokens: 60 });
    expect(second.holds).toEqual([{ limit: 'user_tokens', ms: 36_000, ahead: 0 }]);
    first.permit?.end('answers', 40);
    await settled();
    expect(isIn([second])).toEqual([true]);
  });
});

describe('places', () => {
  it('are so many, and free again when a request has ended', async () => {
    const gate = gateOf({ concurrency: 1 });
    const visitors = [await comes(gate), await comes(gate), await comes(gate, { user: 'bob' })];
    expect(isIn(visitors)).toEqual([true, false, false]);
    expect(visitors.map(({ holds }) => holds)).toEqual([[], [{ limit: 'concurrency', ahead: 0 }], [{ limit: 'concurrency', ahead: 1 }]]);
    visitors[0]?.permit?.end('unknown');
    await settled();
    expect(isIn(visitors)).toEqual([true, true, false]);
    visitors[1]?.permit?.fail('answers');
    await settled();
    expect(isIn(visitors)).toEqual([true, true, true]);
    expect(notes.read?.()).toMatchObject({ inFlight: 1, waiting: 0 });
  });
});

describe('a wait', () => {
  it('ends with its signal, at once, and takes nothing', async () => {
    const gate = gateOf({ requestsPerMinute: 1 });
    await comes(gate);
    const gone = await comes(gate);
    const stays = await comes(gate);
    await clock.advance(10_000);
    const reason = new Error('cancelled');
    gone.abort(reason);
    await settled();
    expect(gone.error).toBe(reason);
    expect(notes.waits).toEqual([['requests', 10_000]]);
    await clock.advance(50_000);
    expect(isIn([gone, stays])).toEqual([false, true]);
  });

  it('is over once the request is let in: what its signal does later is no second one', async () => {
    const gate = gateOf({ concurrency: 1 });
    const [first, second] = [await comes(gate), await comes(gate)];
    first.permit?.end('answers');
    await settled();
    expect(isIn([second])).toEqual([true]);
    second.abort(new Error('cancelled'));
    await settled();
    expect(notes.waits).toEqual([['concurrency', 0]]);
  });

  it('does not begin with a signal that has aborted', async () => {
    const gate = gateOf({ requestsPerMinute: 1 });
    const signal = AbortSignal.abort(new Error('before'));
    await expect(gate.enter({ user: 'a', tokens: 1, signal, tell: () => undefined })).rejects.toThrow('before');
    expect(isIn([await comes(gate)])).toEqual([true]);
  });

  it('lets those behind it go who wait for nothing else', async () => {
    const gate = gateOf({ tokensPerMinute: 100 });
    await comes(gate, { tokens: 90 });
    const large = await comes(gate, { tokens: 100 });
    const small = await comes(gate, { tokens: 5 });
    expect(isIn([small])).toEqual([false]);
    large.abort();
    await settled();
    expect(isIn([small])).toEqual([true]);
  });

  it('ends where nobody can be told of it', async () => {
    const gate = gateOf({ requestsPerMinute: 1 });
    await comes(gate);
    const halted = new Error('too many events');
    await expect(gate.enter({ user: 'a', tokens: 1, signal: undefined, tell: () => { throw halted; } })).rejects.toBe(halted);
    await clock.advance(60_000);
    expect(isIn([await comes(gate)])).toEqual([true]);
  });

  it('that ends so lets those behind it go', async () => {
    const gate = gateOf({ tokensPerMinute: 100 });
    const [first, refused] = [await comes(gate, { tokens: 90 }), await comes(gate, { tokens: 5 })];
    refused.permit?.fail('answers', 60);
    const halted = new Error('too many events');
    const large = gate.enter({ user: 'a', tokens: 100, signal: undefined, tell: ({ limit }) => { if (limit === 'tokens') throw halted; } });
    const ended = expect(large).rejects.toBe(halted);
    const small = await comes(gate, { user: 'b', tokens: 5 });
    first.permit?.end('answers', 190);
    await clock.advance(60_000);
    await ended;
    expect(isIn([small])).toEqual([true]);
  });

  it('is told of again where something else holds it up then', async () => {
    const gate = gateOf({ requestsPerMinute: 60, concurrency: 60 });
    const all = await Promise.all(Array.from({ length: 61 }, () => comes(gate)));
    const last = all[60] as Visitor;
    expect(last.holds).toEqual([{ limit: 'requests', ms: 1000, ahead: 0 }]);
    await clock.advance(1000);
    expect(last.holds).toEqual([{ limit: 'requests', ms: 1000, ahead: 0 }, { limit: 'concurrency', ahead: 0 }]);
    all[0]?.permit?.end('answers', 1);
    await settled();
    expect(isIn([last])).toEqual([true]);
    expect(notes.waits).toEqual([['requests', 1000]]);
  });
});

describe('a provider that asks to be left alone', () => {
  it('is, by all; by nobody for longer than five minutes', async () => {
    const gate = gateOf({});
    const first = await comes(gate);
    first.permit?.fail('answers', 20);
    const visitors = [await comes(gate), await comes(gate, { user: 'bob' })];
    expect(visitors.map(({ holds }) => holds)).toEqual([[{ limit: 'retry_after', ms: 20_000, ahead: 0 }], [{ limit: 'retry_after', ms: 20_000, ahead: 1 }]]);
    await clock.advance(19_999);
    expect(isIn(visitors)).toEqual([false, false]);
    await clock.advance(1);
    expect(isIn(visitors)).toEqual([true, true]);
    visitors[0]?.permit?.fail('answers', 86_400);
    const late = await comes(gate);
    expect(late.holds).toEqual([{ limit: 'retry_after', ms: 300_000, ahead: 0 }]);
    await clock.advance(300_000);
    expect(isIn([late])).toEqual([true]);
  });

  it('is not told of where something else holds up for longer', async () => {
    const gate = gateOf({ requestsPerMinute: 1 });
    (await comes(gate)).permit?.fail('answers', 20);
    const held = await comes(gate);
    expect(held.holds).toEqual([{ limit: 'requests', ms: 60_000, ahead: 0 }]);
    await clock.advance(60_000);
    expect([isIn([held]), held.holds.length]).toEqual([[true], 1]);
  });

  it('does not ask for less by a second answer', async () => {
    const gate = gateOf({});
    const [a, b] = [await comes(gate), await comes(gate)];
    a.permit?.fail('answers', 10);
    b.permit?.fail('answers', 1);
    const held = await comes(gate);
    await clock.advance(9_999);
    expect(isIn([held])).toEqual([false]);
    await clock.advance(1);
    expect(isIn([held])).toEqual([true]);
  });
});

describe('the breaker', () => {
  const breaking = { breaker: { failures: 3, openMs: 5000 } };
  const fail = async (gate: ProviderGate, times: number): Promise<void> => {
    for (let n = 0; n < times; n++) {
      (await comes(gate)).permit?.fail('fails');
      await settled();
    }
  };
  const refusal = (seconds: number) => expect.objectContaining({ code: 'overloaded', options: { retryable: true, retryAfterSeconds: seconds } });

  it('opens after so many failures in a row, and refuses at once, for a time', async () => {
    const gate = gateOf(breaking);
    await fail(gate, 2);
    (await comes(gate)).permit?.end('answers');
    await fail(gate, 2);
    expect(notes.read?.()).toMatchObject({ breaker: 'closed' });
    await fail(gate, 1);
    expect(notes.read?.()).toMatchObject({ breaker: 'open' });
    expect((await comes(gate)).error).toEqual(refusal(5));
    await clock.advance(3800);
    const late = await comes(gate);
    expect(late.error).toEqual(refusal(1.2));
    expect(String(late.error)).toContain('has failed 3 times in a row or more, and is not asked for another 1.2 s');
    expect(notes.refusals).toBe(2);
  });

  it('counts neither what was cancelled nor a refusal, and a refusal ends the row', async () => {
    const gate = gateOf(breaking);
    await fail(gate, 2);
    (await comes(gate)).permit?.end('unknown');
    (await comes(gate)).permit?.fail('answers');
    await fail(gate, 2);
    expect(notes.read?.()).toMatchObject({ breaker: 'closed' });
    (await comes(gate)).permit?.end('unknown');
    await fail(gate, 1);
    expect(notes.read?.()).toMatchObject({ breaker: 'open' });
  });

  it('lets one try when the time is over, and closes when that is answered: all others wait for it', async () => {
    const gate = gateOf(breaking);
    await fail(gate, 3);
    await clock.advance(5000);
    expect(notes.read?.()).toMatchObject({ breaker: 'half_open' });
    const [trying, ...others] = [await comes(gate), await comes(gate), await comes(gate, { user: 'bob' })];
    expect(isIn([trying, ...others])).toEqual([true, false, false]);
    expect(others.map(({ holds }) => holds)).toEqual([[{ limit: 'breaker', ahead: 0 }], [{ limit: 'breaker', ahead: 1 }]]);
    // Its answer has begun: that is enough.
    trying.permit?.answered();
    await settled();
    expect(isIn(others)).toEqual([true, true]);
    expect(notes.read?.()).toMatchObject({ breaker: 'closed' });
    trying.permit?.fail('fails');
    await fail(gate, 2);
    expect(notes.read?.()).toMatchObject({ breaker: 'closed' });
  });

  it('opens again where the try fails: those who waited for it are refused', async () => {
    const gate = gateOf(breaking);
    await fail(gate, 3);
    await clock.advance(5000);
    const trying = await comes(gate);
    const other = await comes(gate);
    trying.permit?.fail('fails');
    await settled();
    expect(other.error).toEqual(refusal(5));
    expect(notes.read?.()).toMatchObject({ breaker: 'open', waiting: 0 });
  });

  it('has the next one try where nobody waited for the answer to the first', async () => {
    const gate = gateOf(breaking);
    await fail(gate, 3);
    await clock.advance(5000);
    const trying = await comes(gate);
    const other = await comes(gate);
    trying.permit?.end('unknown');
    await settled();
    expect(isIn([other])).toEqual([true]);
    expect(notes.read?.()).toMatchObject({ breaker: 'half_open' });
    other.permit?.end('answers');
    await settled();
    expect(notes.read?.()).toMatchObject({ breaker: 'closed' });
  });

  it('does not take what was asked before it opened for how the provider is now', async () => {
    const gate = gateOf(breaking);
    const before = await Promise.all([1, 2, 3, 4].map(() => comes(gate)));
    const failsLate = async (n: number) => {
      before[n]?.permit?.fail('fails');
      await settled();
    };
    await fail(gate, 3);
    await clock.advance(5000);
    const trying = await comes(gate);
    await failsLate(0);
    expect(notes.read?.()).toMatchObject({ breaker: 'half_open' });
    trying.permit?.answered();
    await settled();
    for (const n of [1, 2, 3]) await failsLate(n);
    expect(notes.read?.()).toMatchObject({ breaker: 'closed' });
  });

  it('refuses those too who wait for something else, and lets nobody slip through', async () => {
    const gate = gateOf({ ...breaking, concurrency: 1 });
    await fail(gate, 2);
    const last = await comes(gate);
    const waiting = [await comes(gate), await comes(gate)];
    last.permit?.fail('fails');
    await settled();
    expect(waiting.map(({ error }) => error)).toEqual([refusal(5), refusal(5)]);
    expect(isIn(waiting)).toEqual([false, false]);
  });
});

it('knows no user and needs none', async () => {
  const gate = gateOf({ perUser: { requestsPerMinute: 1 }, requestsPerMinute: 10 });
  for (let n = 0; n < 3; n++) await expect(gate.enter({ user: undefined, tokens: 0, signal: undefined, tell: () => undefined })).resolves.toBeDefined();
});
