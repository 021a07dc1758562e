/** Whether the tests take the time to go further than each `npm test` has: `npm run test:faults`. */
export const LONG = process.env['FAULT_LONG'] === '1';

export function scaled(short: number, long: number): number {
  return LONG ? long : short;
}
