/** What the steps of `dispatch` hand on to one another. All of it is JSON; money is in cents. */

export interface PricedOrder {
  lines: { sku: string; name: string; quantity: number; price: number }[];
  total: number;
}

export interface Parcel {
  customer: string;
  country: string;
}

export interface Booking {
  tracking: string;
}

export interface Dispatched extends Booking {
  letter: string;
}
