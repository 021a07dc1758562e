import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Journal } from '../journal.js';
import { Owner, Reader, turns } from './fixture.conformance.js';

type Command =
  | { do: 'append'; count: number }
  | { do: 'turn' }
  | { do: 'buffer'; events: number }
  | { do: 'flush' }
  | { do: 'follow'; at: number; shut: boolean; toggling: boolean }
  | { do: 'gate' | 'leave'; reader: number }
  | { do: 'read'; at: number; limit: number; maxLength: number };

const fraction = fc.double({ min: 0, max: 1, noNaN: true });
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 1, max: 8 }) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'append' as const, count: 700 }) },
  { weight: 3, arbitrary: fc.constant({ do: 'turn' as const }) },
  { weight: 2, arbitrary: fc.constant({ do: 'flush' as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('buffer' as const), events: fc.integer({ min: 1, max: 30 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('follow' as const), at: fraction, shut: fc.boolean(), toggling: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('gate' as const), reader: fc.nat(7) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), reader: fc.nat(7) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('read' as const), at: fraction, limit: fc.integer({ min: 1, max: 20 }), maxLength: fc.integer({ min: 1, max: 3000 }) }) },
);

/** Whatever comes between what: no reader sees a seam (P3). */
export function describeInterleaving(journal: () => Journal): void {
  describe('readers, gates and appends in any order', () => {
    it('give each reader the log from its cursor, no event lost, doubled or out of order', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(command, { minLength: 1, maxLength: 60, size: 'max' }), async (commands) => {
          const owner = await Owner.start(journal());
          const readers: Reader[] = [];
          const left = new Set<Reader>();
          for (const one of commands) await run(journal(), owner, one, readers, left);
          owner.finish();
          await journal().flushed();
          for (const reader of readers) {
            reader.onBatch = undefined;
            reader.open();
            if (!left.has(reader)) await reader.finished;
            const expected = owner.log.slice(reader.after);
            expect(reader.json).toEqual(left.has(reader) ? expected.slice(0, reader.json.length) : expected);
          }
        }),
        { numRuns: 60, timeout: 10_000, interruptAfterTimeLimit: 20_000 },
      );
    });
  });
}

async function run(journal: Journal, owner: Owner, one: Command, readers: Reader[], left: Set<Reader>): Promise<void> {
  switch (one.do) {
    case 'append':
      owner.append(one.count);
      return;
    case 'turn':
      return turns(1);
    case 'flush':
      return journal.flushed();
    case 'buffer':
      return journal.setBufferSize(owner.id, one.events);
    case 'follow': {
      // Some shut their own gate with every batch, as a connection does whose buffer has filled.
      const onBatch = one.toggling ? (_: unknown, reader: Reader) => reader.shut() : () => undefined;
      readers.push(new Reader(journal, owner.id, Math.floor(one.at * owner.seq), { shut: one.shut, onBatch }));
      return;
    }
    case 'gate': {
      const reader = readers[one.reader % Math.max(1, readers.length)];
      if (reader?.isShut) reader.open();
      else reader?.shut();
      return;
    }
    case 'leave': {
      const reader = readers[one.reader % Math.max(1, readers.length)];
      if (reader) left.add(reader);
      reader?.leave();
      return;
    }
    case 'read': {
      const after = Math.floor(one.at * owner.seq);
      const page = await journal.read(owner.id, after, { limit: one.limit, maxLength: one.maxLength });
      if (page) expect(page.events.map((event) => event.json)).toEqual(owner.log.slice(after, after + page.events.length));
    }
  }
}
