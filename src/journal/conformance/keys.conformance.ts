import { describe, expect, it } from '@jest/globals';
import { type Journal } from '../journal.js';
import { type KeyRecord } from '../../contract/keys.js';
import { type OpenJournal, whenReady } from './fixture.conformance.js';

const key = (id: string, more: Partial<KeyRecord> = {}): KeyRecord => ({
  id, hash: `hash-of-${id}`, name: null, user: 'ann', roles: [], scopes: null, createdAt: 1000, createdBy: 'root', expiresAt: null, lastUsedAt: null, ...more,
});
const FULL = key('b', { name: 'CI \0\ud800', user: 'b\0b', roles: ['admin', 'x'], scopes: ['executions:read', ''], createdBy: '\ud800', expiresAt: 5000, lastUsedAt: 2000 });

/** Keys that admins add. */
export function describeKeys(journal: () => Journal): void {
  describe('keys', () => {
    it('are found by their hash, with all that they were saved with, and listed in the order they were added', async () => {
      for (const each of [FULL, key('c', { scopes: [] }), key('a')]) await journal().saveKey(each);
      expect(await journal().findKey('hash-of-b')).toEqual(FULL);
      expect(await journal().findKey('hash-of-c')).toEqual(key('c', { scopes: [] }));
      expect(await journal().findKey('HASH-OF-B')).toBeUndefined();
      expect(await journal().findKey('b')).toBeUndefined();
      expect(await journal().listKeys()).toEqual([FULL, key('c', { scopes: [] }), key('a')]);
    });

    it('take the place of an earlier one of their id', async () => {
      await journal().saveKey(key('a', { hash: 'first' }));
      await journal().saveKey(key('a', { hash: 'second' }));
      expect(await journal().findKey('first')).toBeUndefined();
      expect(await journal().listKeys()).toEqual([key('a', { hash: 'second' })]);
    });

    it('are told when they were used, and gone once they are deleted', async () => {
      await journal().saveKey(key('a'));
      await journal().saveKey(key('b'));
      await journal().touchKey('a', 3000);
      expect(await journal().findKey('hash-of-a')).toEqual(key('a', { lastUsedAt: 3000 }));
      expect(await journal().deleteKey('a')).toBe(true);
      expect(await journal().deleteKey('a')).toBe(false);
      await journal().touchKey('a', 4000);
      expect(await journal().findKey('hash-of-a')).toBeUndefined();
      expect(await journal().listKeys()).toEqual([key('b')]);
    });

    it('are refused, and not said to be unknown, while the journal cannot be had', async () => {
      await journal().saveKey(key('a'));
      await journal().close();
      const closed = { code: 'journal_unavailable', status: 503 };
      for (const attempt of [journal().findKey('hash-of-a'), journal().listKeys(), journal().saveKey(key('b')), journal().deleteKey('a'), journal().touchKey('a', 1)]) {
        await expect(attempt).rejects.toMatchObject(closed);
      }
    });
  });
}

/** Keys outlive the process, and so does their end. */
export function describeReopenedKeys(opened: () => OpenJournal): void {
  it('keys are kept, and stay deleted, over a close', async () => {
    const before = opened().journal;
    for (const id of ['a', 'b']) await before.saveKey(key(id));
    await before.deleteKey('a');
    const journal = await opened().reopen();
    await whenReady(journal);
    expect(await journal.listKeys()).toEqual([key('b')]);
  });
}
