import * as crypto from 'node:crypto';
import { inspect } from 'node:util';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';

const timingSafeEqual = jest.fn((a: Buffer, b: Buffer): boolean => crypto.timingSafeEqual(a, b));
jest.unstable_mockModule('node:crypto', () => ({ ...crypto, timingSafeEqual }));
const { ApiKeyStore } = await import('./api-key.store.js');

const entries = [
  { user: 'alice', key: 'key-of-alice' },
  { user: 'root', key: 'key-of-root', roles: ['admin'] },
  { user: 'alice', key: 'second-key-of-alice' },
];

describe('ApiKeyStore', () => {
  beforeEach(() => void timingSafeEqual.mockClear());

  it('finds the user and the roles of a key; a user may have several', () => {
    const store = new ApiKeyStore(entries);
    expect(store.find('key-of-alice')).toMatchObject({ user: 'alice', roles: [], method: 'api_key' });
    expect(store.find('second-key-of-alice')).toMatchObject({ user: 'alice' });
    expect(store.find('key-of-root')).toMatchObject({ user: 'root', roles: ['admin'] });
    expect(store.find('key-of-root')?.expiresAt).toBeUndefined();
  });

  it('finds nobody for anything but the whole key', () => {
    const store = new ApiKeyStore(entries);
    for (const guess of ['', 'key-of', 'key-of-alice ', 'KEY-OF-ALICE', 'key-of-alice,key-of-root', 'x'.repeat(10_000)]) {
      expect(store.find(guess)).toBeUndefined();
    }
  });

  it.each(['key-of-alice', 'second-key-of-alice', 'no such key', ''])('compares %j with every key, in constant time and as hashes', (guess) => {
    new ApiKeyStore(entries).find(guess);
    expect(timingSafeEqual).toHaveBeenCalledTimes(entries.length);
    for (const [stored, given] of timingSafeEqual.mock.calls) expect([stored.byteLength, given.byteLength]).toEqual([32, 32]);
  });

  it('holds no key, only hashes', () => {
    const shown = inspect(new ApiKeyStore(entries), { depth: Infinity, showHidden: true });
    expect(shown).toContain('alice');
    for (const { key } of entries) {
      expect(shown).not.toContain(key);
      expect(shown).not.toContain(inspect(Buffer.from(key)).slice('<Buffer '.length, -1));
    }
  });

  it('names a key by 12 hex digits of its hash', () => {
    const id = crypto.createHash('sha256').update('key-of-root').digest('hex').slice(0, 12);
    expect(new ApiKeyStore(entries).find('key-of-root')?.credentialId).toBe(id);
  });

  it('P15: no longer holds a removed key, one of another user now, and one whose role was taken away', () => {
    const [alice, root] = [new ApiKeyStore(entries).find('key-of-alice'), new ApiKeyStore(entries).find('key-of-root')];
    if (!alice || !root) throw new Error('the keys were not found');
    expect(new ApiKeyStore(entries).holds(alice)).toBe(true);
    expect(new ApiKeyStore(entries).holds(root)).toBe(true);
    expect(new ApiKeyStore(entries.slice(1)).holds(alice)).toBe(false);
    expect(new ApiKeyStore([{ user: 'bob', key: 'key-of-alice' }]).holds(alice)).toBe(false);
    expect(new ApiKeyStore([{ user: 'root', key: 'key-of-root' }]).holds(root)).toBe(false);
  });

  it('takes a key of 512 characters, and none of 513', () => {
    const key = 'k'.repeat(512);
    expect(new ApiKeyStore([{ user: 'alice', key }]).find(key)).toMatchObject({ user: 'alice' });
    expect(() => new ApiKeyStore([{ user: 'alice', key: `${key}k` }])).toThrow(expect.objectContaining({ code: 'invalid_input', faults: [expect.objectContaining({ path: '/0/key' })] }));
  });

  it('refuses what cannot be used, with every fault and no key in the message', () => {
    const make = () =>
      new ApiKeyStore([
        { user: 'alice', key: 'twice' },
        { user: 'bob', key: 'twice' },
        { user: '', key: 'with space' },
        { user: 'carl', key: '' },
        { user: 'dora', key: 'with,comma' },
        { user: 'emil', key: 'ünicode' },
        { user: 'fay', key: undefined as unknown as string },
      ]);
    expect(make).toThrow(
      expect.objectContaining({
        code: 'invalid_input',
        faults: ['/1/key', '/2/user', '/2/key', '/3/key', '/4/key', '/5/key', '/6/key'].map((path) => expect.objectContaining({ path })),
      }),
    );
    expect(make).not.toThrow(/twice|with space|with,comma|ünicode/);
  });
});
