/** Keys that admins add while the service runs: what auth makes and checks, and the journal keeps. */

/** A key as it is kept; times are milliseconds since the epoch. */
export interface KeyRecord {
  /** The `credentialId` of whoever comes with it. */
  id: string;
  /** SHA-256 of the key, in hex: the key itself is kept nowhere. */
  hash: string;
  /** What people call it. */
  name: string | null;
  user: string;
  roles: readonly string[];
  /** Null: all that the roles allow. */
  scopes: readonly string[] | null;
  createdAt: number;
  /** The admin who added it. */
  createdBy: string;
  expiresAt: number | null;
  /** Of a minute. */
  lastUsedAt: number | null;
}
