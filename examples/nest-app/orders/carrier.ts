import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type Booking, type Parcel } from './order.types.js';

/** The call that finds the session expired is lost; the next one has a new session. */
export class SessionExpiredError extends Error {
  readonly code = 'SESSION_EXPIRED';
}

/**
 * The client of a carrier. Its session has to be opened by a call that fails, as such APIs like to have it, and a
 * booking with a key that was used before answers the booking made then.
 */
@Injectable()
export class Carrier {
  private inSession = false;
  private readonly bookings = new Map<string, Booking>();

  async book(key: string, parcel: Parcel): Promise<Booking> {
    if (!this.inSession) {
      this.inSession = true;
      throw new SessionExpiredError('the session with the carrier has expired');
    }
    let booking = this.bookings.get(key);
    if (!booking) {
      booking = { tracking: `${parcel.country}${createHash('sha256').update(key).digest('hex').slice(0, 10).toUpperCase()}` };
      this.bookings.set(key, booking);
    }
    return booking;
  }

  /** How many parcels are booked. */
  get booked(): number {
    return this.bookings.size;
  }
}
