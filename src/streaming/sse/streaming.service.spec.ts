import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Observable } from 'rxjs';
import { turns } from '../../../test/support/engine.js';
import { type Principal } from '../../auth/principal.js';
import { Owner } from '../../journal/conformance/fixture.conformance.js';
import { type ExecutionRecord } from '../../journal/journal.types.js';
import { SqliteJournal } from '../../journal/sqlite/sqlite-journal.js';
import { chunkOf, type StreamItem, viewOf } from './frames.js';
import { type StartAt } from './stream.request.js';
import { StreamEnd } from './stream.end.js';
import { type StreamRights } from './stream.rights.js';
import { StreamShutdown } from './stream.shutdown.js';
import { StreamingService } from './streaming.service.js';

const principal: Principal = { user: 'ann', roles: [], method: 'api_key', credentialId: 'c' };

describe('the streaming service', () => {
  let journal: SqliteJournal;
  let shutdown: StreamShutdown;
  let owner: Owner;
  /** What ends the streams whose rights are watched. */
  let watched: Set<(why: StreamEnd) => void>;
  const rights: Pick<StreamRights, 'watch' | 'unwatch'> = { watch: (_principal, end) => void watched.add(end), unwatch: (_principal, end) => void watched.delete(end) };
  const service = () => new StreamingService(journal, rights as unknown as StreamRights, shutdown);
  const record = async () => (await journal.find(owner.id)) as ExecutionRecord;
  const asked = (start: StartAt) => ({ start, view: viewOf(true), heartbeat: 'comment' as const });
  const watch = (items: Observable<StreamItem>) => {
    const seen: { text: string; completed: boolean; error?: unknown } = { text: '', completed: false };
    items.subscribe({ next: (item) => (seen.text += chunkOf(item, viewOf(true)).bytes.toString()), complete: () => (seen.completed = true), error: (error: unknown) => (seen.error = error) });
    return seen;
  };
  const ids = (text: string) => [...text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id);

  beforeEach(async () => {
    journal = new SqliteJournal({ dataDir: ':memory:' });
    await journal.open();
    shutdown = new StreamShutdown();
    watched = new Set();
    owner = (await Owner.start(journal)).append(3);
    await journal.flushed();
  });
  afterEach(() => journal.close());

  it.each<[StartAt, string[]]>([
    [{ at: 'first' }, ['1', '2', '3', '4']], [{ at: 'cursor', cursor: '2', path: '/x' }, ['3', '4']], [{ at: 'latest' }, ['3', '4']], [{ at: 'last', count: 1 }, ['2', '3', '4']],
  ])('gives an execution from %j on, and ends with it; where that is, it tells who cannot know', async (start, expected) => {
    const seen = watch(service().execution(await record(), asked(start), principal, () => undefined));
    await turns();
    owner.finish();
    await turns();
    expect([ids(seen.text), seen.completed]).toEqual([expected, true]);
  });

  it('gives nothing of one whose end has been seen', async () => {
    owner.finish();
    await journal.flushed();
    expect(watch(service().execution(await record(), asked({ at: 'latest' }), principal, () => undefined))).toEqual({ text: '', completed: true });
  });

  it('ends every kind of stream when the right is lost, and says why', async () => {
    const streams = [
      watch(service().execution(await record(), asked({ at: 'first' }), principal, () => undefined)),
      watch(service().several([await record()], asked({ at: 'first' }), principal, () => undefined)),
      watch(service().all('ann', asked({ at: 'first' }), principal, () => undefined)),
    ];
    await turns();
    expect(streams.map(({ completed, text }) => [completed, ids(text).length])).toEqual([[false, 3], [false, 3], [false, 3]]);
    const why = StreamEnd.lostRight(principal, 0);
    for (const end of watched) end(why);
    expect(streams.map(({ error }) => error)).toEqual([why, why, why]);
    expect([watched.size, shutdown.ends.size]).toEqual([0, 0]);
  });

  it('ends every stream when the service shuts down, those that come too late included', async () => {
    const before = watch(service().all('ann', asked({ at: 'first' }), principal, () => undefined));
    await turns();
    expect([shutdown.begun, before.completed]).toEqual([false, false]);
    shutdown.beforeApplicationShutdown();
    expect([shutdown.begun, before.completed]).toEqual([true, true]);
    const late = watch(service().execution(await record(), asked({ at: 'first' }), principal, () => undefined));
    expect(late.completed).toBe(true);
  });
});
