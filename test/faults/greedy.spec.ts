/** Workflows that take all they can get: that loop, or flood. The others must not starve. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { type ExecutionEvent } from '../../src/contract/events.js';
import { agent, iteration, parallel, workflow } from '../../src/orchestration/definition/builder.js';
import { assertWhole } from '../support/assert-whole.js';
import { Client } from '../support/client.js';
import { JournalFile } from '../support/journal-file.js';
import { within } from '../support/patience.js';
import { isEvent } from '../support/sse.js';
import { Follower } from './support/follower.js';
import { health } from './support/health.js';
import { Lineage, type LineageOptions } from './support/lineage.js';
import { scaled } from './support/scale.js';
import { Watched } from './support/watched.js';

const TIMEOUT = 240_000;
/** Of the heap, for all that lives on it: what is held of a flood would go beyond it, and end the process. */
const HEAP_MIB = 80;
/** The same where an agent gives up no turn: what it tells in one turn is held until that ends, as nothing can be written before. */
const HEAP_OF_A_TURN_MIB = 192;
/** Of everything, the buffers of sockets and of the database included. */
const MEMORY_MIB = 500;
/** Fewer events than an execution may have; the short form would still fill the heap, were they held. */
const PIECES = scaled(30_000, 90_000);

let lineage: Lineage;
afterEach(() => lineage.dispose());

const begin = async (options: LineageOptions = {}, heapMib = HEAP_MIB) => {
  lineage = await Lineage.create({ args: [`--max-old-space-size=${heapMib}`], ...options });
  await lineage.start();
};
const bob = () => new Client(lineage.base, 'bob');
const short = workflow('short', agent('a', 'echo', { input: 1 }), agent('b', 'tokens', { input: { count: 3 } }));

/** Another user's executions, one after the other, each with its stream; the service is ready, and says so. */
async function others(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const events = await bob().follow(await bob().start(short));
    assertWhole(events);
    expect([events.at(-1)?.type, await health(lineage)]).toEqual(['workflow_completed', { status: 200 }]);
  }
}
const isRunning = async (id: string) => (await lineage.client.get(`/executions/${id}/events?limit=1`)).json.terminal === false;
const peakMib = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${lineage.pid}/status`, 'utf8'))?.[1]) / 1024;

describe('a workflow that loops as long as it may, over nothing', () => {
  const ROUNDS = scaled(1000, 10_000);
  const round = iteration('inner', { maxIterations: ROUNDS }, agent('nothing', 'echo', { input: 1 }));
  const endless = workflow('endless', iteration('outer', { maxIterations: 10_000 }, round));

  it('keeps nobody waiting, and is cancelled at once', async () => {
    await begin();
    const ids = await Promise.all([1, 2, 3].map(() => lineage.client.start(endless)));
    await others(5);
    for (const id of ids) expect(await isRunning(id)).toBe(true);
    for (const id of ids) expect((await lineage.client.post(`/executions/${id}/cancel`)).status).toBe(202);
    for (const id of ids) {
      // All that comes after the cancel was answered is nothing.
      const { lastSeq } = await lineage.client.status(id);
      const end = await lineage.client.get(`/executions/${id}/events?after=${lastSeq - 2}`);
      const { terminal, events } = end.json as { terminal: boolean; events: ExecutionEvent[] };
      expect([terminal, events.map(({ type }) => type)]).toEqual([true, ['step_cancelled', 'workflow_cancelled']]);
    }
  }, TIMEOUT);

  it('comes to its end, if it has one', async () => {
    await begin();
    const run = await Watched.start(lineage, workflow('long', round));
    const log = await run.whole();
    expect(log.at(-1)?.type).toBe('workflow_completed');
    expect(log.filter(({ type }) => type === 'iteration_completed')).toHaveLength(ROUNDS);
  }, TIMEOUT);
});

describe('a workflow that floods', () => {
  const flood = (name: string, by: string) => workflow(name, parallel('p', agent('one', by, { input: { count: PIECES / 2 } }), agent('two', by, { input: { count: PIECES / 2 } })));
  const suite: [string, string, LineageOptions, number][] = [
    ['piece by piece', 'tokens', {}, HEAP_MIB],
    ['without ever giving up its turn', 'floods', { main: 'test/faults/fixtures/app.mjs' }, HEAP_OF_A_TURN_MIB],
  ];

  it.each(suite)('%s, costs bounded memory, and others are served meanwhile; its readers have all of it', async (_how, by, options, heapMib) => {
    await begin(options, heapMib);
    const id = await lineage.client.start(flood('flood', by));
    const reader = new Follower(lineage, id);
    const unread = await lineage.client.openExecution(id);
    unread.pause();
    await others(5);
    await within(reader.done, 'the end of the flood', TIMEOUT);
    const file = new JournalFile(lineage.dataDir);
    const log = file.events(id);
    file.close();
    expect(log).toHaveLength(PIECES + 8);
    expect(reader.received.map(({ id: seq }) => Number(seq))).toEqual(log.map((_, i) => i + 1));
    expect(reader.received.map(({ data }) => data)).toEqual(log);
    expect(JSON.parse(log.at(-1) as string)).toMatchObject({ seq: log.length, type: 'workflow_completed' });
    if (process.platform === 'linux') expect(peakMib()).toBeLessThan(MEMORY_MIB);
    // Where that took longer than one may not read, it was dropped, and goes on from where it was.
    const late: string[] = [];
    for (let line = unread, end = 'cut'; end === 'cut'; ) {
      line.resume();
      end = await within(line.ended, 'the end of a line', TIMEOUT);
      late.push(...line.frames.filter(isEvent).map(({ data }) => data));
      if (end === 'cut') line = await lineage.client.openExecution(id, `?lastEventId=${late.length}`);
    }
    expect(late).toEqual(log);
  }, TIMEOUT);
});
