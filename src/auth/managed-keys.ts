/**
 * Keys that admins add and revoke while the service runs. Each is made here, of 256 random bits, shown once, and kept as
 * its hash alone: what is kept opens nothing. As nobody chooses them, a lookup by hash tells nothing by its time, and a
 * hash without salt or stretching is enough.
 */
import { randomBytes } from 'node:crypto';
import { StepcastError } from '../contract/errors.js';
import { type KeyRecord } from '../contract/keys.js';
import { type Principal } from './principal.js';
import { credentialIdOf, hashSecret } from './secret-hash.js';

export type NewKey = Pick<KeyRecord, 'name' | 'user' | 'roles' | 'scopes' | 'createdBy' | 'expiresAt'>;

/** Where keys are kept. Every one of them may fail with `journal_unavailable`. */
export abstract class KeyBackend {
  abstract saveKey(record: KeyRecord): Promise<void>;
  abstract findKey(hash: string): Promise<KeyRecord | undefined>;
  /** In the order they were added. */
  abstract listKeys(): Promise<KeyRecord[]>;
  /** Whether it was there. */
  abstract deleteKey(id: string): Promise<boolean>;
  /** Notes the last use; nothing where the key is gone. */
  abstract touchKey(id: string, at: number): Promise<void>;
}

const PREFIX = 'stc_';
const KEY = /^stc_[A-Za-z0-9_-]{43}$/;
/** How exactly the last use is known. */
const TOUCH_MS = 60_000;

interface KnownKey {
  readonly principal: Principal;
  readonly hash: string;
  touchedAt: number;
}

export class ManagedKeys {
  /** Those that were used since the start: one principal for all requests with a key, so that its streams are watched as one. */
  private readonly known = new Map<string, KnownKey>();

  constructor(
    private readonly backend: KeyBackend,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * Whose key this is, if anyone's.
   * @throws StepcastError `unauthenticated` where it was someone's and has expired, `journal_unavailable`
   */
  async find(key: string): Promise<Principal | undefined> {
    if (!KEY.test(key)) return undefined;
    const hash = hashSecret(key).toString('hex');
    const record = await this.backend.findKey(hash);
    if (!record) return undefined;
    // Told to nobody but who has the whole key.
    if (this.isExpired(record.expiresAt)) throw new StepcastError('unauthenticated', `the API key has expired at ${new Date(record.expiresAt).toISOString()}; ask an admin for a new one`);
    const known = this.known.get(record.id) ?? this.remember(record);
    this.touch(record.id, known);
    return known.principal;
  }

  /**
   * Whether the key that `principal` came with is still there. While the backend fails, one that is known goes on: it
   * could not have been revoked here either.
   */
  async holds({ credentialId, expiresAt }: Principal): Promise<boolean> {
    const known = this.known.get(credentialId);
    if (!known || this.isExpired(expiresAt ?? null)) return false;
    let record: KeyRecord | undefined;
    try {
      record = await this.backend.findKey(known.hash);
    } catch (error) {
      if (!(error instanceof StepcastError && error.code === 'journal_unavailable')) throw error;
      return this.known.has(credentialId);
    }
    if (!record) this.known.delete(credentialId);
    return record !== undefined;
  }

  /** Adds a key; nothing will tell it again. @throws StepcastError `journal_unavailable` */
  async create(given: NewKey): Promise<{ record: KeyRecord; key: string }> {
    const key = PREFIX + randomBytes(32).toString('base64url');
    const hash = hashSecret(key);
    const record = { ...given, id: credentialIdOf(hash), hash: hash.toString('hex'), createdAt: this.now(), lastUsedAt: null };
    await this.backend.saveKey(record);
    return { record, key };
  }

  list(): Promise<KeyRecord[]> {
    return this.backend.listKeys();
  }

  /** Whether it was there. @throws StepcastError `journal_unavailable` */
  async revoke(id: string): Promise<boolean> {
    const removed = await this.backend.deleteKey(id);
    this.known.delete(id);
    return removed;
  }

  private remember({ id, hash, user, roles, scopes, expiresAt, lastUsedAt }: KeyRecord): KnownKey {
    const principal: Principal = Object.freeze({
      user, roles: Object.freeze([...roles]), ...(scopes && { scopes: Object.freeze([...scopes]) }), ...(expiresAt !== null && { expiresAt }),
      method: 'api_key', credentialId: id,
    });
    const known = { principal, hash, touchedAt: lastUsedAt ?? -Infinity };
    this.known.set(id, known);
    return known;
  }

  private touch(id: string, known: KnownKey): void {
    const now = this.now();
    if (Math.abs(now - known.touchedAt) < TOUCH_MS) return;
    known.touchedAt = now;
    // To be told the next time, where that fails.
    this.backend.touchKey(id, now).catch(() => (known.touchedAt = -Infinity));
  }

  private isExpired(expiresAt: number | null): expiresAt is number {
    return expiresAt !== null && this.now() >= expiresAt;
  }
}
