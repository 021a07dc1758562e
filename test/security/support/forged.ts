/** Tokens that say what they like of themselves. */
import { createHmac } from 'node:crypto';

export const SECRET = 'a secret of thirty-two bytes, or more';

const encoded = (part: unknown) => Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');

/** Header and payload as they are given, with an HMAC by `key` over them, or, where that is null, with no signature. */
export function forged(header: object, payload: unknown, key: string | Buffer | null = SECRET, hash = 'sha256'): string {
  const text = `${encoded(header)}.${encoded(payload)}`;
  return `${text}.${key === null ? '' : createHmac(hash, key).update(text).digest('base64url')}`;
}

export function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

/** Seconds since the epoch. */
export function inSeconds(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds;
}
