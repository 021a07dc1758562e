/** The cache in the engine: what a crash, a journal that fails and an embedder of any kind make of it. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { textOf } from '../../../test/support/assert-whole.js';
import { Engine, type EngineOptions, only, outline, upTo } from '../../../test/support/engine.js';
import { type AgentStep } from '../../contract/definition.js';
import { type ExecutionEvent } from '../../contract/events.js';
import { SqliteJournal } from '../../journal/sqlite/sqlite-journal.js';
import { AgentCache, type LookupResult } from './agent.cache.js';
import { AgentCacheOptions } from './cache.options.js';
import { Embedder, type Embedding } from './embedder.js';

class FakeEmbedder extends Embedder {
  readonly model = 'fake';
  readonly asked: string[] = [];

  constructor(private readonly vectorOf: (text: string) => readonly number[] | Promise<never>) {
    super();
  }

  async embed(text: string): Promise<Embedding> {
    this.asked.push(text);
    return { vector: await this.vectorOf(text) };
  }
}

const TEXT = 'Rivers wash salts out of the rocks and carry them into the sea, where they stay.';
const step = (more: Partial<AgentStep> = {}): AgentStep => ({ type: 'agent', name: 'say', agent: 'says', input: 'Why?', cache: { similarity: 0.95 }, ...more });
const hitsOf = (log: readonly ExecutionEvent[]) => log.filter((event) => event.type === 'message' && event.data.code === 'cache_hit').length;
const warnings = (log: readonly ExecutionEvent[]) => log.flatMap((event) => (event.type === 'message' && event.data.level === 'warn' ? [event.data.text] : []));

describe('the cache in the engine', () => {
  let engine: Engine;
  let runs = 0;
  const looked: [string, LookupResult][] = [];
  const open = async (embedder?: Embedder, more: EngineOptions = {}) => {
    runs = 0;
    looked.length = 0;
    engine = new Engine({
      agents: { says: async function* () { runs++; yield TEXT.slice(0, 30); yield TEXT.slice(30); } },
      cacheOf: (journal, clock) => new AgentCache(journal.cache, new AgentCacheOptions(), clock, embedder, (...found) => void looked.push(found)),
      ...more,
    });
    await engine.open();
    return engine;
  };
  afterEach(() => engine.close());

  it('leaves a text that a crash cut short to a new attempt, which looks again: the reader ends with the output', async () => {
    await open();
    await engine.run(step());
    const replayed = await engine.run(step());
    expect([hitsOf(replayed), textOf(replayed, 'say')]).toEqual([1, TEXT]);
    const pieces = replayed.filter(({ type }) => type === 'step_output');
    expect(pieces.length).toBeGreaterThan(2);
    const cut = upTo(replayed, 'step_output');
    const journal = engine.journal;
    const id = await engine.plant({ definition: { name: 'flow', steps: [step()] }, events: cut });
    // The engine that goes on with it, on the same data.
    const next = new Engine({ journal, agents: { says: () => Promise.reject(new Error('not asked')) }, cacheOf: (of, clock) => new AgentCache(of.cache, new AgentCacheOptions(), clock) });
    await next.open();
    const log = await next.ended(id);
    expect(outline(log).slice(cut.length, cut.length + 3)).toEqual(['workflow_resumed', 'step_started say', 'message say']);
    expect(log.filter(({ type }) => type === 'step_started').map(({ step: of }) => of?.attempt)).toEqual([1, 2]);
    expect([textOf(log, 'say'), only(log, 'step_completed').data]).toEqual([TEXT, { output: TEXT }]);
  });

  it('runs the agent where the store fails, and says nothing of it', async () => {
    const journal = new SqliteJournal({ dataDir: ':memory:' });
    const failing = () => Promise.reject(new Error('no'));
    Object.assign(journal.cache, { find: failing, save: failing });
    await open(undefined, { journal });
    for (let n = 1; n <= 2; n++) {
      const log = await engine.run(step());
      expect([runs, textOf(log, 'say'), outline(log)]).toEqual([n, TEXT, ['workflow_started', 'step_started say', 'step_output say', 'step_output say', 'step_completed say', 'workflow_completed']]);
    }
  });

  it.each<[string, (text: string) => readonly number[] | Promise<never>, string[]]>([
    ['fails', () => Promise.reject(new Error('out of order')), ['similar results are not looked for: out of order']],
    ['gives what points nowhere', () => [0, 0], []], ['gives what is no number', () => [NaN, 1], []], ['gives nothing', () => [], []],
  ])('runs the agent where the embedder %s; the same input is found all the same', async (_what, vectorOf, told) => {
    const embedder = new FakeEmbedder(vectorOf);
    await open(embedder);
    const first = await engine.run(step());
    expect([runs, warnings(first)]).toEqual([1, told]);
    expect(hitsOf(await engine.run(step()))).toBe(1);
    expect(hitsOf(await engine.run(step({ input: 'Why not?' })))).toBe(0);
    expect(embedder.asked).toEqual(['Why?', 'Why not?']);
    expect(looked).toEqual([['says', 'miss'], ['says', 'exact'], ['says', 'miss']]);
  });

  it('takes vectors of any length for their direction', async () => {
    await open(new FakeEmbedder((text) => (text === 'Why?' ? [3, 4] : [0.0603, 0.08])));
    await engine.run(step());
    const log = await engine.run(step({ input: 'But why?' }));
    expect([hitsOf(log), runs, textOf(log, 'say')]).toEqual([1, 1, TEXT]);
    expect(looked.at(-1)).toEqual(['says', 'similar']);
  });

  it('answers with what is exactly as similar as is asked for at least', async () => {
    await open(new FakeEmbedder((text) => (text === 'Why?' ? [1, 0, 0, 0] : [1, 1, 1, 1])));
    const half = { similarity: 0.5 };
    await engine.run(step({ cache: half }));
    expect(hitsOf(await engine.run(step({ input: 'But why?', cache: half })))).toBe(1);
  });

  it('asks for no embedding of what has no prompt, nor where only the same will do', async () => {
    const embedder = new FakeEmbedder(() => [1]);
    await open(embedder);
    await engine.run(step({ input: { n: 1 } }));
    await engine.run(step({ cache: { similarity: 1 } }));
    // Nor of a text that nobody has said to be a prompt: it may be a name, or a number.
    await engine.run(step({ cache: true }));
    await engine.run(step({ cache: { key: 'order 17' } }));
    expect(embedder.asked).toEqual([]);
  });

  it('is not looked into by steps that are functions, that do not ask for it, or whose agent there is not', async () => {
    await open();
    for (let i = 0; i < 2; i++) await engine.run(step({ cache: false }));
    expect([runs, looked]).toEqual([2, []]);
    const { cache: _cache, ...plain } = step();
    await engine.run(plain);
    expect([runs, looked]).toEqual([3, []]);
  });

  it('holds for all steps of an agent that says so of itself', async () => {
    await open(undefined, { cached: { ttlMs: 1000 } });
    const { cache: _cache, ...plain } = step();
    expect([hitsOf(await engine.run(plain)), hitsOf(await engine.run(plain))]).toEqual([0, 1]);
    engine.clock.time += 1000;
    expect(hitsOf(await engine.run(plain))).toBe(0);
  });
});
