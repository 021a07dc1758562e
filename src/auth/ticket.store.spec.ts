import { inspect } from 'node:util';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { type Principal } from './principal.js';
import { MAX_TICKETS_PER_USER, MemoryTicketStore, type TicketScope } from './ticket.store.js';

const alice: Principal = { user: 'alice', roles: ['admin'], method: 'jwt', credentialId: 'abcdef012345', expiresAt: 5_000_000 };
const bob: Principal = { user: 'bob', roles: [], method: 'api_key', credentialId: '012345abcdef' };
const one: TicketScope = { executionId: 'e1' };
const REFUSED = expect.objectContaining({ code: 'unauthenticated', status: 401, message: expect.stringContaining('ask for a new one') });

describe('MemoryTicketStore', () => {
  let now: number;
  let store: MemoryTicketStore;
  beforeEach(() => {
    now = 1_000_000;
    store = new MemoryTicketStore({ now: () => now, ticks: () => now });
  });
  const issue = (principal: Principal = alice, scope: TicketScope = one) => store.issue({ principal, scope });

  it('lets a ticket live no longer where the clock is set back, nor less where it is set forward', async () => {
    let ticks = 0;
    store = new MemoryTicketStore({ now: () => now, ticks: () => ticks });
    const [late, early] = [await issue(), await issue()];
    now += 3_600_000;
    await expect(store.redeem(early.ticket, one)).resolves.toMatchObject({ user: 'alice' });
    now -= 7_200_000;
    ticks += 60_000;
    await expect(store.redeem(late.ticket, one)).rejects.toEqual(REFUSED);
  });

  it('answers who asked, and how they had authenticated', async () => {
    const { ticket, expiresAt } = await issue();
    expect(expiresAt).toBe(1_060_000);
    await expect(store.redeem(ticket, one)).resolves.toEqual({ ...alice, method: 'ticket', origin: 'jwt' });
    await expect(store.redeem((await issue(bob)).ticket, one)).resolves.toEqual({ ...bob, method: 'ticket', origin: 'api_key' });
  });

  it('gives tickets of 256 random bits that fit in a URL, and holds only their hashes', async () => {
    const tickets = await Promise.all(Array.from({ length: 50 }, async () => (await issue()).ticket));
    expect(new Set(tickets).size).toBe(50);
    const shown = inspect(store, { depth: Infinity, showHidden: true, maxArrayLength: null });
    for (const ticket of tickets) {
      expect(ticket).toMatch(/^tkt_[A-Za-z0-9_-]{43}$/);
      expect(shown).not.toContain(ticket);
    }
  });

  it('takes a ticket once', async () => {
    const { ticket } = await issue();
    await store.redeem(ticket, one);
    await expect(store.redeem(ticket, one)).rejects.toEqual(REFUSED);
  });

  it('takes a ticket once of many redemptions at the same moment', async () => {
    const { ticket } = await issue();
    const results = await Promise.allSettled(Array.from({ length: 100 }, () => store.redeem(ticket, one)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(results.filter((result) => result.status === 'rejected').every(({ reason }) => (reason as { code: string }).code === 'unauthenticated')).toBe(true);
  });

  it('takes a ticket for 60 s', async () => {
    const [first, second] = [await issue(), await issue()];
    now += 59_999;
    await expect(store.redeem(first.ticket, one)).resolves.toMatchObject({ user: 'alice' });
    now += 1;
    await expect(store.redeem(second.ticket, one)).rejects.toEqual(REFUSED);
  });

  it('takes a ticket for its own scope alone, and a wrong try does not burn it', async () => {
    const { ticket } = await issue();
    const others: TicketScope[] = [{ executionId: 'e2' }, { executionId: '' }, { all: true }];
    for (const scope of others) await expect(store.redeem(ticket, scope)).rejects.toEqual(REFUSED);
    await expect(store.redeem(ticket, one)).resolves.toMatchObject({ user: 'alice' });

    const all = await issue(alice, { all: true });
    for (const id of ['e1', 'all', '']) await expect(store.redeem(all.ticket, { executionId: id })).rejects.toEqual(REFUSED);
    await expect(store.redeem(all.ticket, { all: true })).resolves.toMatchObject({ user: 'alice' });
  });

  it('refuses what is no ticket of its own, alike', async () => {
    const { ticket } = await issue();
    const texts: unknown[] = ['', 'tkt_', ticket.slice(0, -1), `${ticket} `, ticket.toUpperCase(), '__proto__', 'x'.repeat(100_000), [ticket], undefined];
    for (const text of texts) await expect(store.redeem(text as string, one)).rejects.toEqual(REFUSED);
    await expect(store.redeem(ticket, one)).resolves.toMatchObject({ user: 'alice' });
  });

  it('holds at most 1,000 live tickets of a user and voids the oldest; other users lose none', async () => {
    const foreign = await issue(bob);
    const tickets: string[] = [];
    for (let i = 0; i < MAX_TICKETS_PER_USER + 2; i++) tickets.push((await issue()).ticket);
    expect(store.size).toBe(MAX_TICKETS_PER_USER + 1);
    for (const ticket of tickets.slice(0, 2)) await expect(store.redeem(ticket, one)).rejects.toEqual(REFUSED);
    for (const ticket of tickets.slice(2)) await expect(store.redeem(ticket, one)).resolves.toMatchObject({ user: 'alice' });
    await expect(store.redeem(foreign.ticket, one)).resolves.toMatchObject({ user: 'bob' });
    expect(store.size).toBe(0);
  });

  it('lets go of expired tickets of all users', async () => {
    for (let i = 0; i < 20; i++) await issue({ ...bob, user: `user ${i}` });
    now += 30_000;
    await issue();
    expect(store.size).toBe(21);
    now += 30_000;
    await issue();
    expect(store.size).toBe(2);
    expect(inspect(store, { depth: Infinity })).not.toContain('user 7');
  });

  it('gives none to who came with a ticket', async () => {
    const principal = await store.redeem((await issue()).ticket, one);
    await expect(issue(principal, { all: true })).rejects.toEqual(expect.objectContaining({ code: 'forbidden' }));
  });
});
