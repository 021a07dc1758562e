import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BehaviorSubject, config } from 'rxjs';
import { StepcastError } from '../contract/errors.js';
import { Reader, recorded, turns } from './conformance/fixture.conformance.js';
import { EventBatch, type RecordedEvent } from './event-batch.js';
import { followLog } from './follow.js';
import { type JournalHealth, type Page, type ReadyGate } from './journal.types.js';
import { TailRegistry } from './tail.js';

/** A log in memory whose reads take as long as one likes, as those of a database on the network do. */
class SlowLog {
  readonly events: RecordedEvent[] = [];
  readonly tails = new TailRegistry();
  readonly health$ = new BehaviorSubject<JournalHealth>({ ready: true });
  reads = 0;
  failure: Error | undefined;

  constructor(private readonly delayed: <T>(answer: Promise<T>) => Promise<T> = (answer) => answer) {}

  read(_id: string, after: number, page: Page): Promise<EventBatch | undefined> {
    this.reads++;
    if (this.failure) return Promise.reject(this.failure);
    const events = this.events.slice(after, after + Math.min(page.limit, 7));
    return this.delayed(Promise.resolve(events.length ? new EventBatch('e', events) : undefined));
  }

  follow(id: string, after: number, ready?: ReadyGate) {
    return followLog(this, this.tails, id, after, ready);
  }

  commit(count: number, end = false): void {
    const first = this.events.length + 1;
    const batch = Array.from({ length: count }, (_, i) => recorded('e', first + i, end && i === count - 1 ? 'workflow_completed' : 'message'));
    this.events.push(...batch);
    this.tails.push(new EventBatch('e', batch));
  }

  get json(): string[] {
    return this.events.map((event) => event.json);
  }
}

describe('followLog', () => {
  it('has no seam, whatever is answered before what (P3)', async () => {
    const counts = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 20, size: 'max' });
    const starts = fc.array(fc.record({ at: fc.nat(100), shuts: fc.boolean() }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), counts, starts, fc.integer({ min: 1, max: 12 }), async (scheduler, commits, followers, bufferSize) => {
        const log = new SlowLog((answer) => scheduler.schedule(answer, 'read'));
        log.tails.setBufferSize('e', bufferSize);
        const readers: Reader[] = [];
        const tasks = [
          ...commits.map((count) => () => log.commit(count)),
          ...followers.map(({ at, shuts }) => () => {
            const onBatch = shuts ? (_: EventBatch, reader: Reader) => (reader.shut(), void scheduler.schedule(Promise.resolve(), 'open').then(() => reader.open())) : undefined;
            readers.push(new Reader(log, 'e', at % (log.events.length + 1), { onBatch }));
          }),
        ];
        let left = tasks.length;
        const done = new Promise<void>((resolve) => {
          for (const task of tasks) void scheduler.schedule(Promise.resolve(), 'task').then(() => (task(), --left || (log.commit(1, true), resolve())));
        });
        await scheduler.waitFor(done);
        await scheduler.waitFor(Promise.all(readers.map((reader) => reader.finished)));
        for (const reader of readers) expect(reader.json).toEqual(log.json.slice(reader.after));
      }),
      { numRuns: 200, timeout: 10_000, interruptAfterTimeLimit: 20_000 },
    );
  });

  it.each(Array.from({ length: 16 }, (_, i) => i))('is woken by what comes %i microtasks after it was told that there is nothing', async (microtasks) => {
    let answer!: () => void;
    const log = new SlowLog((read) => new Promise((resolve) => (answer = () => resolve(read))));
    const reader = new Reader(log, 'e');
    await turns();
    answer();
    for (let i = 0; i < microtasks; i++) await Promise.resolve();
    log.commit(2, true);
    await turns();
    expect(reader.json).toEqual(log.json);
  });

  it('asks the journal no more once it lives off the tail', async () => {
    const log = new SlowLog();
    log.commit(20);
    const reader = new Reader(log, 'e');
    await reader.until(20);
    await turns();
    const { reads } = log;
    for (let i = 0; i < 50; i++) log.commit(2);
    log.commit(1, true);
    await reader.finished;
    expect(log.reads).toBe(reads);
    expect(reader.json).toEqual(log.json);
  });

  it('waits while the journal is not available, and goes on when it is', async () => {
    const log = new SlowLog();
    log.commit(10);
    log.failure = new StepcastError('journal_unavailable', 'gone for now');
    log.health$.next({ ready: false, reason: 'gone for now' });
    const reader = new Reader(log, 'e', 3);
    const leaving = new Reader(log, 'e', 3);
    await turns();
    expect([log.reads, log.health$.observed]).toEqual([2, true]);
    leaving.leave();
    log.failure = undefined;
    log.health$.next({ ready: true });
    await reader.until(7);
    expect(log.health$.observed).toBe(false);
    log.commit(1, true);
    await reader.finished;
    expect(reader.json).toEqual(log.json.slice(3));
    expect(leaving.json).toEqual([]);
  });

  it('tries again where a read fails though the journal is well', async () => {
    const log = new SlowLog();
    log.commit(2, true);
    log.failure = new StepcastError('journal_unavailable', 'once');
    const reader = new Reader(log, 'e');
    await turns();
    log.failure = undefined;
    await reader.finished;
    expect(reader.json).toEqual(log.json);
  });

  it('holds on to nothing of a reader that leaves while it waits for the journal', async () => {
    const log = new SlowLog();
    log.failure = new StepcastError('journal_unavailable', 'gone for now');
    log.health$.next({ ready: false });
    const reader = new Reader(log, 'e');
    await turns();
    expect(log.health$.observed).toBe(true);
    reader.leave();
    expect(log.health$.observed).toBe(false);
  });

  it('fails with what else a read fails with', async () => {
    const log = new SlowLog();
    log.failure = new Error('a fault of its own');
    await expect(new Reader(log, 'e').finished).rejects.toThrow('a fault of its own');
  });

  it('does not stop the loop for a gate that is never open', async () => {
    const log = new SlowLog();
    log.commit(2, true);
    let asked = 0;
    const subscription = log.follow('e', 0, () => (asked++, Promise.resolve())).subscribe();
    await turns(20);
    expect(asked).toBeGreaterThan(5);
    subscription.unsubscribe();
    const { asked: last } = { asked };
    await turns(20);
    expect(asked).toBeLessThanOrEqual(last + 1);
  });

  it('does not stop the loop where the journal has less than came by', async () => {
    const log = new SlowLog();
    log.tails.setBufferSize('e', 2);
    const reader = new Reader(log, 'e', 0, { shut: true });
    log.commit(3);
    log.commit(3);
    log.events.length = 0;
    reader.open();
    await turns(20);
    expect(log.reads).toBeLessThan(5);
    expect(reader.json).toEqual([]);
    reader.leave();
  });

  it('completes when the journal closes, whatever it waits for', async () => {
    const log = new SlowLog();
    log.commit(3);
    const live = new Reader(log, 'e');
    const held = new Reader(log, 'e', 0, { shut: true });
    await live.until(3);
    log.failure = new StepcastError('journal_unavailable', 'gone');
    log.health$.next({ ready: false });
    const waiting = new Reader(log, 'e');
    await turns();
    log.tails.close();
    const late = new Reader(log, 'e');
    await Promise.all([live, held, waiting, late].map((reader) => reader.finished));
    expect([live, held, waiting, late].map((reader) => reader.json.length)).toEqual([3, 0, 0, 0]);
  });

  it('leaves no rejection unhandled where a gate rejects after its reader has gone', async () => {
    const log = new SlowLog();
    log.commit(3);
    let reject!: (error: Error) => void;
    const gate = new Promise<void>((_, no) => (reject = no));
    const unhandled: unknown[] = [];
    config.onUnhandledError = (error) => unhandled.push(error);
    const subscription = log.follow('e', 0, () => gate).subscribe();
    subscription.unsubscribe();
    reject(new Error('the connection is gone'));
    await turns();
    config.onUnhandledError = null;
    expect(unhandled).toEqual([]);
  });
});
