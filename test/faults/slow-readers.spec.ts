/** Readers that stop reading, in the midst of logs that are far larger than what may wait for them. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { type ExecutionEvent } from '../../src/contract/events.js';
import { agent, workflow } from '../../src/orchestration/definition/builder.js';
import { assertWhole } from '../support/assert-whole.js';
import { Client } from '../support/client.js';
import { JournalFile } from '../support/journal-file.js';
import { eventually, within } from '../support/patience.js';
import { type EventReader, type Frame, isEvent } from '../support/sse.js';
import { Follower } from './support/follower.js';
import { health } from './support/health.js';
import { Lineage } from './support/lineage.js';
import { scaled } from './support/scale.js';

const TIMEOUT = 240_000;
/** A KiB each: together far more than the sockets of both sides take. */
const PIECES = scaled(24_000, 60_000);
const EXECUTIONS = scaled(1, 3);
const READERS = scaled(4, 10);
/** Of the heap; what waited for all of them would not fit in it. */
const HEAP_MIB = 128;
const MEMORY_MIB = 500;

let lineage: Lineage;
afterEach(() => lineage.dispose());

const dropped = async () => Number(/^stepcast_streams_dropped_total (\d+)$/m.exec((await lineage.client.get('//metrics')).text)?.[1]);

/** Reads on from where the reader was dropped, as often as it takes; answers the frames of all its lines. */
async function resumed(reader: EventReader, id: string): Promise<Frame[]> {
  const frames: Frame[] = [];
  for (let line = reader; ; ) {
    const end = await within(line.ended, 'the end of a line', TIMEOUT);
    frames.push(...line.frames.filter(isEvent));
    if (end === 'end') return frames;
    const cursor = frames.at(-1)?.id;
    line = await lineage.client.openExecution(id, '', cursor === undefined ? {} : { 'last-event-id': cursor });
    expect(line.status).toBe(200);
  }
}

describe('readers that do not read', () => {
  it('are dropped at a bound and go on from where they were; nobody waits for them, memory is bounded, and the service is ready all the time', async () => {
    lineage = await Lineage.create({ main: 'test/faults/fixtures/app.mjs', env: { FIXTURE_STALLED_MS: '1000' }, args: [`--max-old-space-size=${HEAP_MIB}`] });
    await lineage.start();
    const bob = new Client(lineage.base, 'bob');
    const much = workflow('much', agent('p', 'pours', { input: { count: PIECES } }));
    const ids = await Promise.all(Array.from({ length: EXECUTIONS }, () => lineage.client.start(much)));
    const stalled = await Promise.all(ids.flatMap((id) => Array.from({ length: READERS }, async () => {
      const reader = await lineage.client.openExecution(id);
      reader.pause();
      return { id, reader };
    })));
    const reading = ids.map((id) => ({ id, follower: new Follower(lineage, id) }));
    for (let i = 0; i < 5; i++) {
      const events = await bob.follow(await bob.start(workflow('short', agent('a', 'tokens', { input: { count: 3 } }))));
      assertWhole(events);
      expect([events.at(-1)?.type, await health(lineage)]).toEqual(['workflow_completed', { status: 200 }]);
    }
    for (const { follower } of reading) await within(follower.done, 'the end of those who read', TIMEOUT);
    await eventually(async () => (await dropped()) >= stalled.length, 'the drop of all that do not read');
    expect(await health(lineage)).toEqual({ status: 200 });
    if (process.platform === 'linux') expect(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${lineage.pid}/status`, 'utf8'))?.[1]) / 1024).toBeLessThan(MEMORY_MIB);

    const file = new JournalFile(lineage.dataDir);
    const logs = file.logs();
    file.close();
    for (const { id, follower } of reading) {
      assertWhole(follower.received.map(({ data }) => JSON.parse(data) as ExecutionEvent));
      expect(follower.received.map(({ data }) => data).join('\n') === logs.get(id)?.join('\n')).toBe(true);
    }
    for (const { id, reader } of stalled) {
      reader.resume();
      expect(await reader.whenEnded()).toBe('cut');
      expect(reader.frames.length).toBeLessThan(PIECES);
      const frames = await resumed(reader, id);
      const whole = logs.get(id)?.map((json, i) => `event: ${(JSON.parse(json) as ExecutionEvent).type}\nid: ${i + 1}\ndata: ${json}`);
      // Not by `toEqual`, which would print some MB where it fails.
      expect(frames.map(({ raw }) => raw).join('\n\n') === whole?.join('\n\n')).toBe(true);
    }
  }, TIMEOUT);
});
