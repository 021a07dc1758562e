import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../app.config.js';

/** The app's own users: who may come in, by which token. */
@Injectable()
export class Staff {
  private readonly names = new Map<string, string>();

  constructor({ staff }: AppConfig) {
    for (const entry of staff.split(',')) {
      const [name = '', token = ''] = entry.split(':');
      this.names.set(idOf(token), name);
    }
  }

  /** Whose token this is, and an id for it that gives nothing away. */
  find(token: string): { name: string; tokenId: string } | undefined {
    const tokenId = idOf(token);
    const name = this.names.get(tokenId);
    return name === undefined ? undefined : { name, tokenId };
  }

  holds(tokenId: string): boolean {
    return this.names.has(tokenId);
  }

  revoke(tokenId: string): void {
    this.names.delete(tokenId);
  }
}

function idOf(token: string): string {
  return createHash('sha256').update(token).digest('hex').slice(0, 12);
}
