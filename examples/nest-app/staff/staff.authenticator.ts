import { Injectable } from '@nestjs/common';
import { type AuthenticationRequest, Authenticator, type Principal, StepcastError } from 'stepcast';
import { Staff } from './staff.js';

/** Tells Stepcast who makes a request, from the users that the app has anyway. */
@Injectable()
export class StaffAuthenticator extends Authenticator {
  constructor(private readonly staff: Staff) {
    super();
  }

  async authenticate({ headers }: AuthenticationRequest): Promise<Principal> {
    const token = /^Bearer (\S+)$/.exec(String(headers['authorization'] ?? ''))?.[1];
    const found = token === undefined ? undefined : this.staff.find(token);
    if (!found) throw new StepcastError('unauthenticated', 'send "Authorization: Bearer <token>" with the token of one of the staff');
    return { user: found.name, roles: [], method: 'custom', credentialId: found.tokenId };
  }

  /** Asked again and again while a stream is open: after `DELETE /session` it ends within 20 seconds. */
  async isStillValid({ credentialId }: Principal): Promise<boolean> {
    return this.staff.holds(credentialId);
  }
}
