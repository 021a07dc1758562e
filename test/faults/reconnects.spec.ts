/** A thousand lines break at the same moment, and a thousand readers are back at the next. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import http, { type IncomingMessage } from 'node:http';
import { agent, input, workflow } from '../../src/orchestration/definition/builder.js';
import { assertWhole } from '../support/assert-whole.js';
import { API, Client, KEYS } from '../support/client.js';
import { JournalFile } from '../support/journal-file.js';
import { within } from '../support/patience.js';
import { health } from './support/health.js';
import { Lineage } from './support/lineage.js';
import { Random } from './support/random.js';
import { scaled } from './support/scale.js';

const READERS = 1000;
const EXECUTIONS = 20;
const ROUNDS = scaled(1, 10);
/** Of the heap; what is kept for each of a thousand readers would have to be less than 200 KB. */
const HEAP_MIB = 256;
const MEMORY_MIB = 700;
const TIMEOUT = 120_000;

/** A reader that does next to nothing: a thousand of them share one process with the test. */
class LeanReader {
  /** Whole frames, as they came over all lines. */
  frames: string[] = [];
  readonly statuses: number[] = [];
  /** Types of events since the line was opened. */
  private readonly seen = new Set<string>();
  private rest = '';
  private response: IncomingMessage | undefined;
  private waiting: (() => void) | undefined;

  constructor(private readonly lineage: Lineage, readonly id: string) {}

  /** Resolves when the head of the answer is there. */
  connect(): Promise<void> {
    const cursor = /^id: (\d+)$/m.exec(this.frames.at(-1) ?? '')?.[1];
    this.rest = '';
    return new Promise((resolve, reject) => {
      const headers = { accept: 'text/event-stream', 'x-api-key': KEYS.alice, ...(cursor === undefined ? {} : { 'last-event-id': cursor }) };
      const request = http.get(`${this.lineage.base}${API}/executions/${this.id}/stream`, { agent: false, headers }, (response) => {
        this.response = response;
        this.statuses.push(response.statusCode as number);
        response.setEncoding('utf8').on('data', (part: string) => this.take(part)).on('error', () => undefined);
        resolve();
      });
      request.on('error', reject);
    });
  }

  /** Hangs up, and forgets the last frames, as a page that had not stored them yet: they have to be sent again. */
  hangUp(forgotten: number): void {
    this.response?.removeAllListeners('data').destroy();
    this.frames = this.frames.slice(0, Math.max(1, this.frames.length - forgotten));
    this.seen.clear();
  }

  /** An event of a type, come since the line was opened or to come. */
  async until(type: string): Promise<void> {
    while (!this.seen.has(type)) await new Promise<void>((resolve) => (this.waiting = resolve));
  }

  private take(part: string): void {
    const blocks = (this.rest + part).split('\n\n');
    this.rest = blocks.pop() as string;
    for (const block of blocks) {
      const frame = block.replace(/^\n+/, '');
      if (!frame.startsWith('event: ')) continue;
      this.frames.push(frame);
      this.seen.add(frame.slice('event: '.length, frame.indexOf('\n')));
      this.waiting?.();
    }
  }
}

describe('a thousand readers that reconnect at once', () => {
  let lineage: Lineage;
  afterEach(() => lineage.dispose());

  it('are all answered and have whole logs; memory is bounded, and others are answered meanwhile', async () => {
    const random = new Random(7);
    lineage = await Lineage.create({ args: [`--max-old-space-size=${HEAP_MIB}`] });
    await lineage.start();
    const { client } = lineage;
    const bob = new Client(lineage.base, 'bob');
    // The past of some is long; others go on while the readers come back.
    const definition = (i: number) => workflow('much', agent('words', 'tokens', { input: { count: 150, intervalMs: i % 2 ? 20 : 0 } }), input('ask'), agent('last', 'echo', { input: 'end' }));
    const ids: string[] = [];
    for (let i = 0; i < EXECUTIONS; i++) ids.push(await client.start(definition(i)));
    const readers = Array.from({ length: READERS }, (_, i) => new LeanReader(lineage, ids[i % EXECUTIONS] as string));
    await within(Promise.all(readers.map((reader) => reader.connect())), 'a thousand answers', TIMEOUT);
    await within(Promise.all(readers.map((reader) => reader.until('step_output'))), 'the first words', TIMEOUT);

    for (let round = 0; round < ROUNDS; round++) {
      for (const reader of readers) reader.hangUp(random.int(1, 60));
      let back = false;
      const returning = Promise.all(readers.map((reader) => reader.connect())).finally(() => (back = true));
      let served = 0;
      do {
        const events = await bob.follow(await bob.start(workflow('short', agent('a', 'echo'))));
        assertWhole(events);
        expect(await health(lineage)).toEqual({ status: 200 });
        served++;
      } while (!back);
      await within(returning, 'a thousand answers', TIMEOUT);
      expect(served).toBeGreaterThan(0);
      await within(Promise.all(readers.map((reader) => reader.until('input_required'))), 'what they had missed', TIMEOUT);
    }
    for (const id of ids) expect((await client.post(`/executions/${id}/input`, { value: 'go on' })).status).toBe(202);
    await within(Promise.all(readers.map((reader) => reader.until('workflow_completed'))), 'the end of all', TIMEOUT);

    expect(new Set(readers.flatMap(({ statuses }) => statuses))).toEqual(new Set([200]));
    const file = new JournalFile(lineage.dataDir);
    const whole = new Map(ids.map((id) => [id, file.events(id).map((json, i) => `event: ${(JSON.parse(json) as { type: string }).type}\nid: ${i + 1}\ndata: ${json}`).join('\n\n')]));
    file.close();
    // Not by `toEqual`, which would print some MB where it fails.
    expect(readers.filter(({ id, frames }) => frames.join('\n\n') !== whole.get(id)).length).toBe(0);
    if (process.platform === 'linux') expect(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${lineage.pid}/status`, 'utf8'))?.[1]) / 1024).toBeLessThan(MEMORY_MIB);
  }, TIMEOUT * 2);
});
