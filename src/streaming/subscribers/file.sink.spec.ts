import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Watched } from '../../../test/support/subscribers.js';
import { recorded } from '../../journal/conformance/fixture.conformance.js';
import { FileSink } from './file.sink.js';
import { type EventFileOptions } from './subscriber.options.js';

let folder: string;
let path: string;
let watched: Watched;
let seq: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepcast-events-'));
  path = join(folder, 'logs', 'events.ndjson');
  watched = new Watched();
  seq = 0;
});
afterEach(() => rmSync(folder, { recursive: true }));

const sinkOf = (options: Partial<EventFileOptions> = {}) => new FileSink({ path, ...options }, watched.watch);
/** Gives it so many events; answers their lines. */
const write = async (sink: FileSink, count: number, text = 'x'): Promise<string[]> => {
  const events = Array.from({ length: count }, () => recorded('e', ++seq, 'message', text));
  await sink.take([{ executionId: 'e', events, position: 1 }], () => undefined);
  return events.map(({ json }) => json);
};
const linesOf = (file: string) => readFileSync(file, 'utf8').split('\n').slice(0, -1);
const mode = (file: string) => statSync(file).mode & 0o777;

describe('the file of events', () => {
  it('has every event as a line of JSON, for its owner alone, and goes on where it was', async () => {
    const first = sinkOf();
    const lines = [...(await write(first, 3)), ...(await write(first, 2))];
    await first.close();
    const next = sinkOf();
    lines.push(...(await write(next, 2)));
    await next.close();
    expect(linesOf(path)).toEqual(lines);
    expect([mode(path), mode(join(folder, 'logs'))]).toEqual([0o600, 0o700]);
    expect(await watched.count('events_total')).toBe(7);
  });

  it('takes the right to read it from others, also where it was there before', async () => {
    path = join(folder, 'events.ndjson');
    writeFileSync(path, '', { mode: 0o644 });
    const sink = sinkOf();
    await write(sink, 1);
    await sink.close();
    expect(mode(path)).toBe(0o600);
  });

  it('is rotated by size, keeps so many files, and loses no event between two', async () => {
    const sink = sinkOf({ maxBytes: 2000, maxFiles: 3 });
    const lines: string[] = [];
    for (let i = 0; i < 12; i++) lines.push(...(await write(sink, 5)));
    await sink.close();
    expect(readdirSync(join(folder, 'logs')).sort()).toEqual(['events.ndjson', 'events.ndjson.1', 'events.ndjson.2']);
    const kept = [`${path}.2`, `${path}.1`, path].flatMap(linesOf);
    expect(kept).toEqual(lines.slice(-kept.length));
    for (const file of [`${path}.2`, `${path}.1`, path]) {
      expect(statSync(file).size).toBeLessThanOrEqual(2000);
      expect(mode(file)).toBe(0o600);
    }
    expect(statSync(`${path}.1`).size).toBeGreaterThan(1500);
  });

  it('may be a single one, and takes an event that is larger than it may be', async () => {
    const sink = sinkOf({ maxBytes: 1024, maxFiles: 1 });
    await write(sink, 3);
    const [large] = await write(sink, 1, 'y'.repeat(5000));
    expect(linesOf(path)).toEqual([large]);
    const [after] = await write(sink, 1);
    await sink.close();
    expect(linesOf(path)).toEqual([after]);
    expect(readdirSync(join(folder, 'logs'))).toEqual(['events.ndjson']);
  });

  it('begins a line of its own after half a line that a crash left', async () => {
    path = join(folder, 'events.ndjson');
    writeFileSync(path, '{"seq":1}\n{"seq":2,"ty');
    const sink = sinkOf();
    const lines = await write(sink, 1);
    await sink.close();
    expect(linesOf(path)).toEqual(['{"seq":1}', '{"seq":2,"ty', ...lines]);
  });

  it('that cannot be written is counted and told of once, and goes on when it can be', async () => {
    writeFileSync(join(folder, 'logs'), 'no folder');
    const sink = sinkOf();
    await write(sink, 2);
    await write(sink, 2);
    expect(await watched.count('errors_total')).toBe(4);
    expect(watched.told).toHaveLength(1);
    rmSync(join(folder, 'logs'));
    const lines = await write(sink, 2);
    await sink.close();
    expect(linesOf(path)).toEqual(lines);
  });

  it('that is moved away, removed or emptied while it is written begins anew where it was', async () => {
    const sink = sinkOf({ maxBytes: 2000 });
    const [first] = [await write(sink, 2)];
    renameSync(path, join(folder, 'moved'));
    const second = await write(sink, 2);
    expect([linesOf(join(folder, 'moved')), linesOf(path)]).toEqual([first, second]);
    rmSync(join(folder, 'logs'), { recursive: true });
    const third = await write(sink, 10);
    expect(linesOf(path)).toEqual(third);
    truncateSync(path);
    const fourth = await write(sink, 8);
    expect(linesOf(path)).toEqual(fourth);
    expect(readdirSync(join(folder, 'logs'))).toEqual(['events.ndjson']);
    // As logrotate does it.
    renameSync(path, join(folder, 'moved'));
    writeFileSync(path, '');
    const fifth = await write(sink, 2);
    await sink.close();
    expect([linesOf(join(folder, 'moved')), linesOf(path)]).toEqual([fourth, fifth]);
    expect([readdirSync(join(folder, 'logs')), await watched.count('errors_total')]).toEqual([['events.ndjson'], 0]);
  });

  it('is no folder, and no pipe', async () => {
    await write(sinkOf({ path: folder }), 1);
    expect(watched.told.join()).toMatch(/EISDIR|no file/);
    path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    await write(sinkOf(), 1);
    expect([watched.told.at(-1), await watched.count('errors_total')]).toEqual([expect.stringContaining('pipe is no file'), 2]);
  });
});
