import { beforeEach, describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { StepcastError } from '../contract/errors.js';
import { type KeyBackend, ManagedKeys } from './managed-keys.js';
import { type KeyRecord } from '../contract/keys.js';
import { type Principal } from './principal.js';

const NOW = Date.UTC(2026, 10, 20);
const NEW = { name: null, user: 'ann', roles: [], scopes: null, createdBy: 'root', expiresAt: null };

/** What is kept, to be looked at and to be made to fail. */
class Backend implements KeyBackend {
  readonly records = new Map<string, KeyRecord>();
  readonly touches: [string, number][] = [];
  failure: Error | undefined;
  private check(): void {
    if (this.failure) throw this.failure;
  }
  async saveKey(record: KeyRecord): Promise<void> {
    this.check();
    this.records.set(record.id, record);
  }
  async findKey(hash: string): Promise<KeyRecord | undefined> {
    this.check();
    return [...this.records.values()].find((record) => record.hash === hash);
  }
  async listKeys(): Promise<KeyRecord[]> {
    this.check();
    return [...this.records.values()];
  }
  async deleteKey(id: string): Promise<boolean> {
    this.check();
    return this.records.delete(id);
  }
  async touchKey(id: string, at: number): Promise<void> {
    this.touches.push([id, at]);
    this.check();
  }
}

describe('keys that are added at run time', () => {
  let now: number;
  let backend: Backend;
  let keys: ManagedKeys;
  beforeEach(() => {
    now = NOW;
    backend = new Backend();
    keys = new ManagedKeys(backend, () => now);
  });

  const found = async (key: string): Promise<Principal> => {
    const principal = await keys.find(key);
    if (!principal) throw new Error('the key is not known');
    return principal;
  };

  it('are told once, and kept as nothing that opens', async () => {
    const { key, record } = await keys.create(NEW);
    expect(key).toMatch(/^stc_[A-Za-z0-9_-]{43}$/);
    expect(record).toMatchObject({ ...NEW, id: expect.stringMatching(/^[0-9a-f]{12}$/), hash: expect.stringMatching(/^[0-9a-f]{64}$/), createdAt: NOW, lastUsedAt: null });
    await keys.find(key);
    expect(inspect([keys, backend], { depth: Infinity, showHidden: true })).not.toContain(key.slice(4));
    for (const wrong of [record.hash, record.id, `stc_${record.hash}`, key.slice(0, -1), `${key}x`, key.toLowerCase(), '', ' ']) expect(await keys.find(wrong)).toBeUndefined();
    expect((await keys.create(NEW)).key).not.toBe(key);
  });

  it('give their user, roles and scopes, the same one to each request', async () => {
    const { key, record } = await keys.create({ ...NEW, roles: ['admin'], scopes: ['metrics:read'], expiresAt: NOW + 1000 });
    const principal = await keys.find(key);
    expect(principal).toEqual({ user: 'ann', roles: ['admin'], scopes: ['metrics:read'], expiresAt: NOW + 1000, method: 'api_key', credentialId: record.id });
    expect(await keys.find(key)).toBe(principal);
    expect(await keys.find((await keys.create(NEW)).key)).not.toHaveProperty('scopes');
  });

  it('P15: end when they are revoked, here or elsewhere, and at their time', async () => {
    const [one, other, short] = [await keys.create(NEW), await keys.create(NEW), await keys.create({ ...NEW, expiresAt: NOW + 1000 })];
    const principals = await Promise.all([one, other, short].map(({ key }) => found(key)));
    const held = () => Promise.all(principals.map((principal) => keys.holds(principal)));
    expect(await held()).toEqual([true, true, true]);
    expect([await keys.revoke(one.record.id), await keys.revoke(one.record.id)]).toEqual([true, false]);
    expect([await held(), await keys.find(one.key)]).toEqual([[false, true, true], undefined]);
    backend.records.delete(other.record.id);
    expect([await held(), await keys.find(other.key)]).toEqual([[false, false, true], undefined]);
    now += 1000;
    expect(await held()).toEqual([false, false, false]);
    await expect(keys.find(short.key)).rejects.toMatchObject({ code: 'unauthenticated', message: `the API key has expired at ${new Date(NOW + 1000).toISOString()}; ask an admin for a new one` });
    await keys.revoke(short.record.id);
    expect(await keys.find(short.key)).toBeUndefined();
  });

  it('are not said to be wrong while nobody can look; streams that they have opened go on', async () => {
    const { key, record } = await keys.create({ ...NEW, expiresAt: NOW + 1000 });
    const principal = await found(key);
    backend.failure = new StepcastError('journal_unavailable', 'later');
    await expect(keys.find(key)).rejects.toMatchObject({ code: 'journal_unavailable' });
    await expect(keys.revoke(record.id)).rejects.toMatchObject({ code: 'journal_unavailable' });
    expect(await keys.holds(principal)).toBe(true);
    now += 1000;
    expect(await keys.holds(principal)).toBe(false);
    backend.failure = new Error('a bug');
    now = NOW;
    await expect(keys.holds(principal)).rejects.toThrow('a bug');
  });

  it('P15: that were revoked are held no more while nobody can look, either: known as revoked here, seen to be, or at this very moment', async () => {
    const [here, elsewhere, meanwhile] = [await keys.create(NEW), await keys.create(NEW), await keys.create(NEW)];
    const principals = await Promise.all([here, elsewhere, meanwhile].map(({ key }) => found(key)));
    await keys.revoke(here.record.id);
    backend.records.delete(elsewhere.record.id);
    expect(await Promise.all(principals.map((principal) => keys.holds(principal)))).toEqual([false, false, true]);
    backend.findKey = async () => {
      await keys.revoke(meanwhile.record.id);
      throw new StepcastError('journal_unavailable', 'later');
    };
    const held: boolean[] = [];
    for (const principal of principals) held.push(await keys.holds(principal));
    expect(held).toEqual([false, false, false]);
  });

  it('are noted as used once a minute, and again where that failed', async () => {
    const { key, record: { id } } = await keys.create(NEW);
    for (const at of [0, 1, 59_999, 60_000]) {
      now = NOW + at;
      await keys.find(key);
    }
    expect(backend.touches).toEqual([[id, NOW], [id, NOW + 60_000]]);
    // By a clock that was set back, too.
    now = NOW - 3_600_000;
    await keys.find(key);
    expect(backend.touches.at(-1)).toEqual([id, NOW - 3_600_000]);
    backend.touchKey = () => Promise.reject(new Error('full'));
    now = NOW + 120_000;
    await keys.find(key);
    delete (backend as Partial<Backend>).touchKey;
    await keys.find(key);
    expect(backend.touches.at(-1)).toEqual([id, NOW + 120_000]);
  });
});
