// Loaded before the service: SIGUSR2 sets its clock back by an hour, and the next one to what it was. Timers go by a clock
// that nobody sets, as those of the operating system do.
const HOUR_MS = 3_600_000;
const RealDate = Date;
let shiftMs = 0;

globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + shiftMs);
    else super(...args);
  }

  static now() {
    return RealDate.now() + shiftMs;
  }
};

process.on('SIGUSR2', () => {
  shiftMs = shiftMs === 0 ? -HOUR_MS : 0;
  process.stdout.write(`clock set to ${shiftMs} ms\n`);
});
if (process.env.CLOCK_SET_BACK) shiftMs = -HOUR_MS;
