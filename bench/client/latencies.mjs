/** Times from a piece's making to its receipt, of pieces that hold the microsecond of their making as `@…@`. */
import { micros } from '../lib/clock.mjs';

const AT = 64;

export class Latencies {
  #skipMicros;
  #windowMicros;
  #begin;
  #received = 0;
  #values = [];

  /** Only what is made (for latencies) or received (for the rate) in the `windowMs` after the first `skipMs` counts. */
  constructor({ skipMs, windowMs }) {
    this.#skipMicros = skipMs * 1000;
    this.#windowMicros = windowMs * 1000;
  }

  add(buffer, start, frameEnd) {
    const at = buffer.indexOf(AT, start);
    if (at < 0 || at >= frameEnd) return;
    let made = 0;
    for (let i = at + 1; buffer[i] !== AT; i++) made = made * 10 + buffer[i] - 48;
    this.#begin ??= made + this.#skipMicros;
    const now = micros();
    const end = this.#begin + this.#windowMicros;
    if (now >= this.#begin && now < end) this.#received++;
    if (made >= this.#begin && made < end) this.#values.push(now - made);
  }

  summary(percentile) {
    const sorted = Float64Array.from(this.#values).sort();
    const ms = (share) => percentile(sorted, share) / 1000;
    return { samples: sorted.length, perSecond: (this.#received * 1e6) / this.#windowMicros, p50: ms(0.5), p99: ms(0.99), max: ms(1) };
  }
}
