/** Time that only a test moves on, and what is due by it. */
import { Clock } from '../../src/orchestration/clock.js';

interface Due {
  at: number;
  run: () => void;
}

export class ManualClock extends Clock {
  private time = 0;
  private readonly due = new Set<Due>();

  override now(): number {
    return this.time;
  }

  override ticks(): number {
    return this.time;
  }

  override after(ms: number, run: () => void): () => void {
    const due = { at: this.time + Math.max(0, ms), run };
    this.due.add(due);
    return () => void this.due.delete(due);
  }

  /** How many wait for something. */
  get waiting(): number {
    return this.due.size;
  }

  /** Moves it on; what is due meanwhile is called at its time, in order. What that brings about has settled when it resolves. */
  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    for (;;) {
      await settled();
      const next = [...this.due].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.due.delete(next);
      this.time = Math.max(this.time, next.at);
      next.run();
    }
    this.time = end;
    await settled();
  }
}

/** All promises that can be settled are. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
