import { createHash } from 'node:crypto';

/** SHA-256 of a secret: what is kept in memory in its place. */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** The `credentialId` of a secret with this hash. */
export function credentialIdOf(hash: Buffer): string {
  return hash.toString('hex', 0, 6);
}
