import { timingSafeEqual } from 'node:crypto';
import { type Fault, StepcastError } from '../contract/errors.js';
import { isUserName, type Principal } from './principal.js';
import { credentialIdOf, hashSecret } from './secret-hash.js';

export interface ApiKeyEntry {
  user: string;
  /** Visible ASCII without comma, at most 512 characters. A user may have several keys. */
  key: string;
  /** Default none. */
  roles?: readonly string[];
  /** What the key is limited to; default all that the roles allow. */
  scopes?: readonly string[];
}

interface StoredKey {
  readonly hash: Buffer;
  readonly principal: Principal;
}

/** What a header field can carry as it is; several fields of one name are joined with commas, so a key has none. */
const KEY = /^[!-+\--~]{1,512}$/;

/** Whether a key can be sent, and so kept. */
export function isApiKey(key: unknown): key is string {
  return typeof key === 'string' && KEY.test(key);
}

/**
 * The API keys of an installation, held as hashes only.
 *
 * The key of a request is hashed and compared with every stored hash in constant time, past the one that matches
 * too. So the time of an answer depends on how many keys there are and how long the guess is, and on nothing of the
 * keys: a lookup by hash would show how many leading bits of a stored hash a guess of known hash shares.
 */
export class ApiKeyStore {
  private readonly keys: readonly StoredKey[];

  /** @throws StepcastError `invalid_input` with every fault; the messages hold no key. */
  constructor(entries: readonly ApiKeyEntry[]) {
    const faults: Fault[] = [];
    const seen = new Set<string>();
    this.keys = entries.map(({ user, key, roles = [], scopes }, index) => {
      const fault = (name: string, message: string) => faults.push({ path: `/${index}/${name}`, message });
      const hash = hashSecret(String(key));
      const digest = hash.toString('hex');
      if (!isUserName(user)) fault('user', 'a user is named by 1 to 200 characters, none of them a control character');
      if (!isApiKey(key)) fault('key', 'a key is 1 to 512 visible ASCII characters without comma');
      else if (seen.has(digest)) fault('key', 'this key stands in the list already; give each entry a key of its own');
      seen.add(digest);
      const principal: Principal = { user, roles: Object.freeze([...roles]), ...(scopes && { scopes: Object.freeze([...scopes]) }), method: 'api_key', credentialId: credentialIdOf(hash) };
      return { hash, principal: Object.freeze(principal) };
    });
    if (faults.length > 0) {
      const list = faults.map(({ path, message }) => `${path}: ${message}`).join('; ');
      throw new StepcastError('invalid_input', `the API keys cannot be used: ${list}`, { faults });
    }
  }

  /** Whose key this is, if anyone's. */
  find(key: string): Principal | undefined {
    const hash = hashSecret(key);
    let found: Principal | undefined;
    for (const stored of this.keys) {
      if (timingSafeEqual(stored.hash, hash)) found = stored.principal;
    }
    return found;
  }

  get size(): number {
    return this.keys.length;
  }

  /** Whose keys there are. */
  list(): Principal[] {
    return this.keys.map(({ principal }) => principal);
  }

  /** Whether the key that `principal` came with is still here, for the same user and with all its roles. */
  holds(principal: Principal): boolean {
    return this.keys.some(
      ({ principal: stored }) =>
        stored.credentialId === principal.credentialId &&
        stored.user === principal.user &&
        principal.roles.every((role) => stored.roles.includes(role)),
    );
  }
}
