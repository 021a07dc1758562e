import { describe, expect, it } from '@jest/globals';
import { recorded } from './conformance/fixture.conformance.js';
import { EventBatch } from './event-batch.js';
import { type Follower, Tail, TailRegistry } from './tail.js';

const batch = (from: number, to: number, text?: string) =>
  new EventBatch('e', Array.from({ length: to - from + 1 }, (_, i) => recorded('e', from + i, 'message', text)));
const seqs = (one: EventBatch | undefined) => one?.events.map(({ seq }) => seq);

class Stub implements Follower {
  woken = 0;
  ended = false;
  constructor(public cursor: number, private readonly onWake: (stub: Stub) => void = () => undefined) {}
  wake(): void {
    this.woken++;
    this.onWake(this);
  }
  end(): void {
    this.ended = true;
  }
}

describe('Tail', () => {
  it('gives the batch after a cursor, cut to it, as far back as it reaches', () => {
    const tail = new Tail();
    tail.followers.add(new Stub(0));
    const [first, second] = [batch(5, 8), batch(9, 9)];
    tail.push(first);
    tail.push(second);
    expect([3, 4, 6, 8, 9, 10].map((seq) => seqs(tail.next(seq)))).toEqual([undefined, [5, 6, 7, 8], [7, 8], [9], undefined, undefined]);
    expect(tail.next(4)).toBe(first);
    expect(tail.lastSeq).toBe(9);
  });

  it('keeps as many events as its bound for those who are behind, and the last batch in any case', () => {
    const tail = new Tail(5);
    tail.followers.add(new Stub(0));
    for (let seq = 1; seq <= 20; seq += 2) tail.push(batch(seq, seq + 1));
    expect(tail.kept).toBe(4);
    expect(seqs(tail.next(16))).toEqual([17, 18]);
    expect(tail.next(15)).toBeUndefined();
    tail.push(batch(21, 40));
    expect(tail.kept).toBe(20);
  });

  it('is bounded by length too, where events are large', () => {
    const tail = new Tail();
    tail.followers.add(new Stub(0));
    for (let seq = 1; seq <= 12; seq++) tail.push(batch(seq, seq, 'x'.repeat(1024 * 1024)));
    expect(tail.kept).toBeLessThan(5);
    expect(seqs(tail.next(11))).toEqual([12]);
  });

  it('looks at followers that leave one after the other a few times each, however many there are', () => {
    const tails = new TailRegistry();
    let looks = 0;
    const followers = Array.from({ length: 1000 }, () => {
      let cursor = 0;
      const follower: Follower = {
        get cursor() {
          looks++;
          return cursor;
        },
        wake: () => {
          cursor = 1;
          tails.leave('e', follower);
        },
        end: () => undefined,
      };
      return follower;
    });
    for (const follower of followers) tails.join('e', follower);
    tails.push(batch(1, 1));
    expect(tails.join('e', new Stub(0)).lastSeq).toBe(0);
    expect(looks).toBeLessThan(10_000);
  });

  it('keeps nothing that all have passed, and knows where it stands all the same', () => {
    const tail = new Tail();
    const quick = new Stub(0, (stub) => (stub.cursor = tail.lastSeq));
    const slow = new Stub(0);
    tail.followers.add(quick);
    tail.push(batch(1, 3));
    expect([tail.kept, tail.lastSeq]).toEqual([0, 3]);
    tail.followers.add(slow);
    slow.cursor = 3;
    tail.push(batch(4, 5));
    tail.push(batch(6, 7));
    expect(tail.kept).toBe(4);
    slow.cursor = 5;
    tail.letGo();
    expect(tail.kept).toBe(2);
    tail.followers.delete(slow);
    tail.letGo();
    expect([tail.kept, tail.lastSeq]).toEqual([0, 7]);
  });

  it('wakes each follower once a batch, those who leave or join meanwhile included', () => {
    const tail = new Tail();
    const late = new Stub(0);
    const leaving = new Stub(0);
    const first = new Stub(0, () => {
      tail.followers.delete(leaving);
      tail.followers.add(late);
    });
    tail.followers.add(first).add(leaving);
    tail.push(batch(1, 1));
    tail.push(batch(2, 2));
    expect([first.woken, leaving.woken, late.woken]).toEqual([2, 1, 1]);
  });
});

describe('TailRegistry', () => {
  it('has a tail for logs that are followed alone', () => {
    const tails = new TailRegistry();
    tails.push(batch(1, 1));
    const [one, other] = [new Stub(0), new Stub(0)];
    const tail = tails.join('e', one);
    expect(tail.lastSeq).toBe(0);
    expect(tails.join('e', other)).toBe(tail);
    tails.push(batch(2, 2));
    expect([one.woken, other.woken, tail.lastSeq]).toEqual([1, 1, 2]);
    tails.leave('e', one);
    tails.leave('e', one);
    expect(tails.join('e', one)).toBe(tail);
    tails.leave('e', one);
    tails.leave('e', other);
    expect(tails.join('e', one)).not.toBe(tail);
  });

  it('lets go of what only a follower that left had yet to take', () => {
    const tails = new TailRegistry();
    const [slow, quick] = [new Stub(0), new Stub(0, (stub) => (stub.cursor = tail.lastSeq))];
    const tail = tails.join('e', slow);
    tails.join('e', quick);
    tails.push(batch(1, 5));
    expect(tail.kept).toBe(5);
    tails.leave('e', slow);
    expect(tail.kept).toBe(0);
  });

  it('sizes the tail of an execution, before and while it is followed, until it is forgotten', () => {
    const tails = new TailRegistry();
    tails.setBufferSize('e', 7);
    const one = new Stub(0);
    const tail = tails.join('e', one);
    expect(tail.bufferSize).toBe(7);
    tails.setBufferSize('e', 9);
    expect(tail.bufferSize).toBe(9);
    tails.setBufferSize('e', 1000);
    expect(tail.bufferSize).toBe(1000);
    tails.leave('e', one);
    tails.setBufferSize('e', 7);
    tails.forget('e');
    expect(tails.join('e', one).bufferSize).toBe(1000);
  });

  it('ends its followers when it closes', () => {
    const tails = new TailRegistry();
    const [one, other] = [new Stub(0), new Stub(0)];
    tails.join('e', one);
    tails.join('f', other);
    expect(tails.closed).toBe(false);
    tails.close();
    expect([one.ended, other.ended, tails.closed]).toEqual([true, true, true]);
  });
});
