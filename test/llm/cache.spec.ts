/** Results of models and agents that are given again: over real HTTP, with a model server that counts what it is asked. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type AgentStep, type CacheOptions, type WorkflowDefinition } from '../../src/contract/definition.js';
import { type ExecutionEvent } from '../../src/contract/events.js';
import { type JsonObject, type JsonValue } from '../../src/contract/json.js';
import { MetricsRegistry } from '../../src/metrics/metrics.registry.js';
import { type AgentContext, type AgentHandler } from '../../src/orchestration/agent.js';
import { Agent, Workflow, type WorkflowProvider } from '../../src/orchestration/decorators.js';
import { agent, conditional, iteration, retry, sequential, workflow } from '../../src/orchestration/definition/builder.js';
import { TestApp } from '../support/app.js';
import { assertWhole, of, outline, textOf } from '../support/assert-whole.js';
import { type User } from '../support/client.js';
import { ModelServer } from '../support/model-server/model-server.js';
import { wordVector } from '../support/model-server/embeddings.js';
import { answer, say } from '../support/model-server/script.js';
import { ServiceProcess } from '../support/process.js';
import { LlmApp, PRICE } from './support/llm-app.js';

const MODEL = 'gpt-5-mini';
const NAME = `openai/${MODEL}`;
const EMBEDDER = 'nomic-embed';
const HOUR = 3_600_000;

/** A workflow whose one step, `say`, is cached. */
function asks(input: JsonObject = {}, cache: boolean | CacheOptions = true): WorkflowDefinition {
  return workflow('asks', agent('say', 'llm', { input: { model: NAME, prompt: 'Why is the sea salty?', ...input }, cache }));
}

const codes = (events: readonly ExecutionEvent[]) => of(events, 'message').map(({ data }) => data.code);
const hits = (events: readonly ExecutionEvent[]) => codes(events).filter((code) => code === 'cache_hit').length;
const outputOf = (events: readonly ExecutionEvent[], step = 'say') => of(events, 'step_completed', step).at(-1)?.data.output;

/** Counts its runs, and answers with their number. */
class Runs {
  count = 0;
}

@Agent('counter', { description: 'Says how often it has run', cache: { ttlMs: HOUR } })
class CounterAgent implements AgentHandler {
  constructor(private readonly runs: Runs) {}

  async *execute({ input }: AgentContext) {
    yield `run ${++this.runs.count} `;
    yield `of ${JSON.stringify(input)}`;
  }
}

@Workflow('together')
class Together implements WorkflowProvider {
  define() {
    return sequential('root', agent('say', 'llm', { input: { model: NAME, prompt: '{{input.q}}' }, cache: { scope: 'shared' } }));
  }
}

let llm: LlmApp;
let runs: Runs;

async function start(options: Parameters<typeof LlmApp.start>[0] = {}): Promise<void> {
  runs = new Runs();
  llm = await LlmApp.start(options, [{ provide: Runs, useValue: runs }, CounterAgent, Together]);
}

async function run(definition: WorkflowDefinition, input?: JsonValue, user: Exclude<User, 'root'> = 'alice'): Promise<ExecutionEvent[]> {
  const client = llm.app[user];
  const events = await client.follow(await client.start(definition, input));
  assertWhole(events);
  return events;
}

/** What metrics tell of lookups: `agent result`, and how many. */
function lookupsIn(text: string): Record<string, number> {
  return Object.fromEntries([...text.matchAll(/^stepcast_cache_lookups_total\{agent="(\w+)",result="(\w+)"\} (\d+)$/gm)].map(([, name, result, count]) => [`${name} ${result}`, Number(count)]));
}

const lookups = async () => lookupsIn(await llm.app.nest.get(MetricsRegistry).metrics());

describe('a cached step', () => {
  beforeAll(() => start());
  // Each test begins with nothing kept.
  beforeEach(async () => void (await llm.app.root.request('DELETE', '/cache?all=true')));
  afterEach(() => llm.reset());
  afterAll(() => llm.close());

  const LONG = ['Rivers wash ', 'salts out of the rocks ', 'and carry them into the sea. ', 'The water leaves it again, ', 'as vapour: the salts stay. 🌊'];

  it('that is asked the same again answers the same, as a stream, without its model and at no cost', async () => {
    llm.models.script(MODEL, answer([{ reasoning: 'Hm.' }, ...LONG]));
    const first = await run(asks());
    expect(codes(first)).toEqual([]);
    const second = await run(asks());
    expect(textOf(second, 'say')).toBe(LONG.join(''));
    expect(of(second, 'step_output').length).toBeGreaterThan(3);
    expect(outputOf(second)).toBe(outputOf(first));
    expect(second.at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: LONG.join('') } });
    const [hit, ...more] = of(second, 'message', 'say');
    expect(more).toEqual([]);
    expect(hit?.data).toEqual({ level: 'info', code: 'cache_hit', text: expect.stringMatching(/^answered from the cache: the same input was answered at 20\d\d-.*Z$/) as unknown });
    // Before the first piece.
    expect(outline(second).slice(1, 4)).toEqual(['step_started say', 'message say', 'step_output say']);
    expect(llm.models.exchanges).toHaveLength(1);
    const id = second[0]?.executionId as string;
    expect(of(second, 'step_completed', 'say')[0]?.data).toEqual({ output: LONG.join('') });
    expect((await llm.app.alice.status(id)).usage).toEqual({});
    expect((await llm.app.alice.status(first[0]?.executionId as string)).usage).toMatchObject({ inputTokens: 10, costUsd: expect.any(Number) as unknown });
  });

  it('answers another user by itself: nobody is given what was another\'s', async () => {
    llm.models.script(MODEL, say('For Alice.'), say('For Bob.'));
    expect(outputOf(await run(asks()))).toBe('For Alice.');
    const bob = await run(asks(), undefined, 'bob');
    expect([outputOf(bob), hits(bob)]).toEqual(['For Bob.', 0]);
    expect([outputOf(await run(asks())), outputOf(await run(asks(), undefined, 'bob'))]).toEqual(['For Alice.', 'For Bob.']);
    expect(llm.models.exchanges).toHaveLength(2);
  });

  it('is good for as long as it says, and for a day where it does not', async () => {
    const { clock } = llm.app;
    llm.models.script(MODEL, say('First.'), say('Second.'), say('Third.'));
    try {
      await run(asks());
      clock.aheadMs += 24 * HOUR - 60_000;
      expect(outputOf(await run(asks()))).toBe('First.');
      // By who asks: one who wants it fresh is not given what another would take.
      expect(outputOf(await run(asks({}, { ttlMs: HOUR })))).toBe('Second.');
      clock.aheadMs += HOUR - 60_000;
      expect(outputOf(await run(asks()))).toBe('Second.');
      // And by who kept it.
      clock.aheadMs += 61_000;
      expect(outputOf(await run(asks()))).toBe('Third.');
    } finally {
      clock.aheadMs = 0;
    }
  });

  it.each<[string, JsonObject]>([
    ['prompt', { prompt: 'Why is the sea salty ?' }], ['system', { system: 'Be brief.' }], ['temperature', { temperature: 1 }], ['bound on tokens', { maxOutputTokens: 100 }],
    ['tools', { tools: ['lookup'] }], ['model', { model: 'openai/gpt-5' }],
  ])('with another %s runs', async (what, change) => {
    const other = what === 'model' ? 'gpt-5' : MODEL;
    llm.models.script(MODEL, say('One.'));
    llm.models.script(other, say('Other.'));
    await run(asks());
    expect(outputOf(await run(asks(change)))).toBe('Other.');
    expect([outputOf(await run(asks())), outputOf(await run(asks(change)))]).toEqual(['One.', 'Other.']);
  });

  it('is found whatever the order of its members, by the default model\'s name too', async () => {
    llm.models.script(MODEL, say('One.'));
    await run(asks({ temperature: 0, system: 'x' }));
    expect(hits(await run(asks({ system: 'x', temperature: 0 })))).toBe(1);
  });

  it('without cache, or with cache false, always runs', async () => {
    llm.models.script(MODEL, say('One.'), say('Two.'), say('Three.'));
    const plain = asks();
    delete (plain.steps[0] as AgentStep).cache;
    expect([outputOf(await run(asks())), outputOf(await run(plain)), outputOf(await run(asks({}, false)))]).toEqual(['One.', 'Two.', 'Three.']);
    expect(outputOf(await run(asks()))).toBe('One.');
  });

  it('keeps no failure, no part and nothing that was cancelled', async () => {
    llm.models.script(MODEL, { fail: 'overloaded' }, answer(['Half ', { cut: true }]), answer(['Once ', { hang: true }]), say('Whole.'));
    for (let i = 0; i < 2; i++) expect((await run(asks())).at(-1)?.type).toBe('workflow_failed');
    const id = await llm.app.alice.start(asks());
    const reader = await llm.app.alice.openExecution(id);
    await reader.until(() => textOf(reader.events, 'say') === 'Once ');
    expect((await llm.app.alice.post(`/executions/${id}/cancel`)).status).toBe(202);
    await reader.whenEnded();
    const events = await run(asks());
    expect([textOf(events, 'say'), hits(events)]).toEqual(['Whole.', 0]);
  });

  it('gives objects again, and calls of tools not', async () => {
    const schema = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'], additionalProperties: false };
    llm.models.script(MODEL, answer([{ json: { n: 7 } }]), answer(['Let me see. ', { call: 'lookup', input: { city: 'Ulm' } }]), say('It is cold.'));
    const object = asks({ schema });
    await run(object);
    const again = await run(object);
    expect([outputOf(again), of(again, 'step_output'), hits(again)]).toEqual([{ n: 7 }, [], 1]);
    const tooled = asks({ tools: ['lookup'] });
    expect(of(await run(tooled), 'tool_result')).toHaveLength(1);
    const replayed = await run(tooled);
    expect([outputOf(replayed), textOf(replayed, 'say'), hits(replayed)]).toEqual(['Let me see. It is cold.', 'Let me see. It is cold.', 1]);
    expect([...of(replayed, 'tool_call'), ...of(replayed, 'tool_result')]).toEqual([]);
    expect(llm.lookups.calls).toHaveLength(1);
  });

  it('answers without a word about it where logs or streams are off', async () => {
    llm.models.script(MODEL, say('Quiet ', 'water.'));
    await run(asks());
    for (const [streaming, text] of [[{ emitLogs: false }, 'Quiet water.'], [{ enabled: false }, '']] as const) {
      const events = await run({ ...asks(), streaming });
      expect([hits(events), textOf(events, 'say'), outputOf(events)]).toEqual([0, text, 'Quiet water.']);
    }
    expect(llm.models.exchanges).toHaveLength(1);
  });

  it('is found after a restart', async () => {
    llm.models.script(MODEL, say('Kept.'));
    await run(asks());
    await llm.restart();
    const events = await run(asks());
    expect([outputOf(events), hits(events)]).toEqual(['Kept.', 1]);
  });

  it('in a loop with the same input answers each round after the first; with another, it runs', async () => {
    const loop = (prompt: string) => workflow('loop', iteration('rounds', { maxIterations: 3 }, agent('say', 'llm', { input: { model: NAME, prompt }, cache: true })));
    const rounds = (events: readonly ExecutionEvent[]) => [1, 2, 3].map((n) => outputOf(events, `rounds[${n}]/say`));
    llm.models.script(MODEL, say('Draft.'));
    const same = await run(loop('Write'));
    expect([rounds(same), hits(same)]).toEqual([['Draft.', 'Draft.', 'Draft.'], 2]);
    llm.models.script(MODEL, say('One.'), say('Two.'), say('Three.'));
    const grows = await run(loop('Improve {{previous}}'), 'this');
    expect([rounds(grows), hits(grows)]).toEqual([['One.', 'Two.', 'Three.'], 0]);
  });

  it('that is within a retry whose attempt failed runs, so that the retry may get another answer', async () => {
    llm.models.script(MODEL, say('Bad.'), say('Good.'));
    const judged = retry('try_it', { maxAttempts: 2, backoff: { delayMs: 1 } }, sequential('both',
      agent('say', 'llm', { input: { model: NAME, prompt: 'Say something good' }, cache: true }),
      conditional('judge', { when: 'steps.say.output == "Good."', then: agent('fine', 'echo'), else: agent('refuse', 'flaky', { input: { failures: 9 } }) })));
    await run(workflow('only', agent('say', 'llm', { input: { model: NAME, prompt: 'Say something good' }, cache: true })));
    const events = await run(workflow('judged', judged));
    // The first attempt found what was kept; the second asked, and what it got is what is kept now.
    expect(events.at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: 'Good.' } });
    expect([hits(events), textOf(events, 'try_it/both/say')]).toEqual([1, 'Good.']);
    expect(llm.models.exchanges).toHaveLength(2);
    expect(outputOf(await run(workflow('only', agent('say', 'llm', { input: { model: NAME, prompt: 'Say something good' }, cache: true }))))).toBe('Good.');
  });

  it('of an agent of one\'s own is cached as the agent says, unless the step says otherwise', async () => {
    const counts = (input: JsonValue, cache?: boolean | CacheOptions) => workflow('counts', agent('say', 'counter', { input, ...(cache === undefined ? {} : { cache }) }));
    runs.count = 0;
    const first = await run(counts({ a: 1, b: [2] }));
    const second = await run(counts({ b: [2], a: 1 }));
    expect([outputOf(second), textOf(second, 'say'), hits(second)]).toEqual([outputOf(first), 'run 1 of {"a":1,"b":[2]}', 1]);
    expect(outputOf(await run(counts({ a: 1, b: [2] }, false)))).toBe('run 2 of {"a":1,"b":[2]}');
    expect(outputOf(await run(counts({ a: 2 })))).toBe('run 3 of {"a":2}');
    const events = await run(counts({ a: 1, b: [2] }, { similarity: 1 }));
    expect(hits(events)).toBe(1);
  });

  it('with a key is found by that, whatever else is in its input, in its own step alone', async () => {
    const keyed = (name: string, system: string) => workflow('keyed', agent(name, 'llm', { input: { model: NAME, system, prompt: 'At {{input.at}}: {{input.q}}' }, cache: { key: '{{input.q}}' } }));
    llm.models.script(MODEL, say('One.'), say('Two.'), say('Three.'), say('Four.'));
    expect(outputOf(await run(keyed('say', 'x'), { at: 1, q: 'Why?' }))).toBe('One.');
    const found = await run(keyed('say', 'x'), { at: 2, q: 'Why?' });
    expect([outputOf(found), of(found, 'message')]).toEqual(['One.', [expect.objectContaining({ data: { level: 'info', code: 'cache_hit', text: expect.stringMatching(/^answered from the cache: an input of the same key was answered at /) as unknown } })]]);
    expect(outputOf(await run(keyed('say', 'x'), { at: 2, q: 'How?' }))).toBe('Two.');
    expect(outputOf(await run(keyed('say', 'y'), { at: 1, q: 'Why?' }))).toBe('Three.');
    expect(outputOf(await run(keyed('other', 'x'), { at: 1, q: 'Why?' }), 'other')).toBe('Four.');
    const lost = await run(workflow('lost', agent('say', 'llm', { input: { model: NAME, prompt: 'x' }, cache: { key: '{{input.none}}' } })), {});
    expect(of(lost, 'step_failed')).toMatchObject([{ data: { error: { code: 'expression_failed' } } }]);
  });

  it('is shared by all users where a workflow of the code says so, and no user may say so', async () => {
    llm.models.script(MODEL, say('For all.'), say('For me.'));
    for (const user of ['alice', 'bob'] as const) {
      const client = llm.app[user];
      const events = await client.follow(await client.start('together', { q: 'Why?' }));
      expect([outputOf(events), hits(events)]).toEqual(['For all.', user === 'bob' ? 1 : 0]);
    }
    // Nor is it given to who asks the same in a definition of their own.
    expect(outputOf(await run(asks({ prompt: 'Why?' })))).toBe('For me.');
    for (const [path, body] of [['/executions', { workflow: asks({}, { scope: 'shared' }) }], ['/workflows', asks({}, { scope: 'shared' })]] as const) {
      const { status, json } = await llm.app.alice.post(path, body);
      expect([status, json.code, json.errors]).toEqual([400, 'invalid_definition', [{ path: expect.stringMatching(/\/steps\/0\/cache\/scope$/) as unknown, message: expect.stringContaining('only in workflows of the code') as unknown }]]);
    }
  });

  it('is forgotten by a DELETE, for oneself; an admin may forget all', async () => {
    llm.models.script(MODEL, say('A1.'), say('B1.'), say('All1.'), say('A2.'), say('A3.'), say('B2.'), say('All2.'));
    const together = async () => outputOf(await llm.app.bob.follow(await llm.app.bob.start('together', { q: 'Why?' })));
    await run(asks());
    await run(asks(), undefined, 'bob');
    await together();
    expect((await llm.app.alice.request('DELETE', '/cache')).status).toBe(204);
    expect([outputOf(await run(asks())), outputOf(await run(asks(), undefined, 'bob')), await together()]).toEqual(['A2.', 'B1.', 'All1.']);
    expect((await llm.app.alice.request('DELETE', '/cache?all=true')).json).toMatchObject({ status: 403, code: 'forbidden' });
    expect((await llm.app.root.request('DELETE', '/cache?all=true')).status).toBe(204);
    expect([outputOf(await run(asks())), outputOf(await run(asks(), undefined, 'bob')), await together()]).toEqual(['A3.', 'B2.', 'All2.']);
  });

  it('is counted by what was found', async () => {
    const before = await lookups();
    llm.models.script(MODEL, say('One.'));
    for (let i = 0; i < 3; i++) await run(asks());
    await run(workflow('none', agent('say', 'echo')));
    const after = await lookups();
    const more = (name: string) => (after[name] ?? 0) - (before[name] ?? 0);
    expect([more('llm miss'), more('llm exact'), more('llm similar')]).toEqual([1, 2, 0]);
  });
});

describe('the bounds of the cache', () => {
  it('are those of its options: the oldest goes first, for each user', async () => {
    const models = await ModelServer.start();
    const app = await TestApp.start({ streaming: { llm: models.options, cache: { maxEntriesPerUser: 2, ttlMs: HOUR } } });
    try {
      const ask = async (prompt: string, user: 'alice' | 'bob' = 'alice') => hits(await app[user].follow(await app[user].start(asks({ prompt }))));
      models.always(MODEL, ({ body }) => say(JSON.stringify(body.input)));
      expect([await ask('a'), await ask('b'), await ask('a', 'bob'), await ask('c')]).toEqual([0, 0, 0, 0]);
      expect([await ask('c'), await ask('b'), await ask('a', 'bob'), await ask('a')]).toEqual([1, 1, 1, 0]);
      expect(await ask('b')).toBe(0);
      app.clock.aheadMs = HOUR;
      expect(await ask('b')).toBe(0);
    } finally {
      await app.close();
      await models.close();
    }
  });
});

describe('with an embedding model, a cached step', () => {
  const SEA = 'Why is the sea so salty today';
  beforeAll(() => start({ embeddingModel: `local/${EMBEDDER}`, prices: { [NAME]: PRICE, [`local/${EMBEDDER}`]: { input: 1, output: 0 } } }));
  beforeEach(async () => {
    await llm.app.root.request('DELETE', '/cache?all=true');
    llm.models.embeds(EMBEDDER, wordVector);
  });
  afterEach(() => llm.reset());
  afterAll(() => llm.close());

  const embedded = () => llm.models.of(EMBEDDER).length;

  it('takes the result of a prompt that is similar enough, and of no other', async () => {
    llm.models.script(MODEL, answer(['By ', 'its rivers.']), say('Something else.'));
    await run(asks({ prompt: SEA }, { similarity: 0.9 }));
    // Its seven words and one more: 7 / √(7·8) ≈ 0.935.
    const near = await run(asks({ prompt: `${SEA}, please?` }, { similarity: 0.9 }));
    expect([textOf(near, 'say'), outputOf(near), hits(near)]).toEqual(['By its rivers.', 'By its rivers.', 1]);
    expect(of(near, 'message')[0]?.data.text).toMatch(/^answered from the cache: a similar input \(0\.93\d+, where at least 0\.9 is asked for\) was answered at 20/);
    const far = await run(asks({ prompt: `${SEA}, please?` }, { similarity: 0.95 }));
    expect([outputOf(far), hits(far)]).toEqual(['Something else.', 0]);
    expect(llm.models.of(MODEL)).toHaveLength(2);
    expect((await lookups())['llm similar']).toBe(1);
  });

  it('asks for 0.95 where it does not say, and for no embedding where the same was asked, or only that would do', async () => {
    llm.models.script(MODEL, say('One.'), say('Two.'), say('Three.'));
    const words = Array.from({ length: 30 }, (_, i) => `word${i}`).join(' ');
    await run(asks({ prompt: words }));
    expect(embedded()).toBe(1);
    expect(hits(await run(asks({ prompt: words })))).toBe(1);
    expect(embedded()).toBe(1);
    // 30 / √(30·31) ≈ 0.984 and 27 / 30 = 0.9.
    expect(hits(await run(asks({ prompt: `${words} more` })))).toBe(1);
    expect(hits(await run(asks({ prompt: words.replace(/word[123]\b/g, (word) => `${word}x`) })))).toBe(0);
    expect(embedded()).toBe(3);
    expect(hits(await run(asks({ prompt: `${words} more` }, { similarity: 1 })))).toBe(0);
    expect(embedded()).toBe(3);
  });

  it.each<[string, JsonObject]>([['system', { system: 'Be brief.' }], ['model', { model: 'openai/gpt-5' }], ['temperature', { temperature: 0 }], ['tools', { tools: ['lookup'] }]])('with another %s is not answered by a similar prompt, nor by the same', async (what, change) => {
    llm.models.script(MODEL, say('One.'));
    llm.models.script(what === 'model' ? 'gpt-5' : MODEL, say('Two.'), say('Three.'));
    await run(asks({ prompt: SEA }, { similarity: 0.5 }));
    expect(outputOf(await run(asks({ prompt: `${SEA}?!`, ...change }, { similarity: 0.5 })))).toBe('Two.');
    llm.models.script(what === 'model' ? 'gpt-5' : MODEL);
    expect(outputOf(await run(asks({ prompt: SEA, ...change }, { similarity: 1 })))).toBe('Three.');
  });

  it('takes a text for a prompt only where somebody has said that it is one: similar numbers are others', async () => {
    const words = Array.from({ length: 30 }, (_, i) => `word${i}`).join(' ');
    runs.count = 0;
    const counts = (n: number, cache?: CacheOptions) => workflow('counts', agent('say', 'counter', { input: `${words} order ${n}`, ...(cache && { cache }) }));
    const keyed = (n: number) => workflow('keyed', agent('say', 'llm', { input: { model: NAME, prompt: `Thank for order ${n}.` }, cache: { key: `${words} order ${n}` } }));
    llm.models.script(MODEL, say('For one.'), say('For two.'));
    expect([hits(await run(counts(1))), hits(await run(counts(2))), hits(await run(counts(2)))]).toEqual([0, 0, 1]);
    expect([outputOf(await run(keyed(1))), outputOf(await run(keyed(2))), outputOf(await run(keyed(1)))]).toEqual(['For one.', 'For two.', 'For one.']);
    expect(embedded()).toBe(0);
    expect([hits(await run(counts(3, { similarity: 0.9 }))), hits(await run(counts(4, { similarity: 0.9 })))]).toEqual([0, 1]);
  });

  it('is not answered by what is similar of another user', async () => {
    llm.models.script(MODEL, say('For Alice.'), say('For Bob.'));
    await run(asks({ prompt: SEA }, { similarity: 0.5 }));
    const bob = await run(asks({ prompt: `${SEA} now` }, { similarity: 0.5 }), undefined, 'bob');
    expect([outputOf(bob), hits(bob)]).toEqual(['For Bob.', 0]);
  });

  it('is not answered by what is similar where results are shared, unless it says so itself', async () => {
    llm.models.script(MODEL, say('One.'), say('Two.'));
    const ask = async (q: string) => outputOf(await llm.app.bob.follow(await llm.app.bob.start('together', { q })));
    expect([await ask(SEA), await ask(`${SEA} now`), await ask(SEA)]).toEqual(['One.', 'Two.', 'One.']);
    expect(embedded()).toBe(0);
  });

  it('goes by the last message of a conversation, where what was said before is the same', async () => {
    const talk = (before: string, last: string) => {
      const { model, messages } = { model: NAME, messages: [{ role: 'user', content: before }, { role: 'assistant', content: 'Yes.' }, { role: 'user', content: last }] };
      return workflow('talk', agent('say', 'llm', { input: { model, messages }, cache: { similarity: 0.9 } }));
    };
    llm.models.script(MODEL, say('One.'), say('Two.'));
    await run(talk('Do you know the sea?', SEA));
    expect(outputOf(await run(talk('Do you know the sea?', `${SEA}, please?`)))).toBe('One.');
    expect(outputOf(await run(talk('Do you know the lake?', `${SEA}, please?`)))).toBe('Two.');
  });

  it('tells what its embedding has used, and nothing more on a hit', async () => {
    llm.models.script(MODEL, say('One.'));
    const first = await run(asks({ prompt: SEA }, { similarity: 0.9 }));
    // Ten of the model, and eight of the embedding.
    expect(of(first, 'step_completed', 'say')[0]?.data.usage).toMatchObject({ inputTokens: 18, outputTokens: 1, totalTokens: 19, costUsd: expect.closeTo(10 * 2e-6 + 8e-6 + 8e-6, 9) as unknown });
    const similar = await run(asks({ prompt: `${SEA} please` }, { similarity: 0.9 }));
    expect(of(similar, 'step_completed', 'say')[0]?.data.usage).toEqual({ inputTokens: 9, totalTokens: 9, costUsd: 0.000009 });
    const same = await run(asks({ prompt: SEA }, { similarity: 0.9 }));
    expect(of(same, 'step_completed', 'say')[0]?.data).toEqual({ output: 'One.' });
  });

  it('runs as ever while embeddings cannot be had, says so, and is found by the same input', async () => {
    const down = { status: 503, headers: { 'content-type': 'application/json' }, body: '{"error":{"message":"The server is overloaded"}}' };
    llm.models.embeds(EMBEDDER, () => down);
    llm.models.script(MODEL, say('All ', 'the same.'));
    const first = await run(asks({ prompt: SEA }));
    expect([textOf(first, 'say'), codes(first)]).toEqual(['All the same.', ['cache_embedding_failed']]);
    expect(of(first, 'message')[0]?.data).toMatchObject({ level: 'warn', text: expect.stringMatching(/^similar results are not looked for: the model "local\/nomic-embed" .*overloaded/) as unknown });
    expect(of(first, 'step_completed', 'say')[0]?.data.usage).toMatchObject({ inputTokens: 10 });
    const second = await run(asks({ prompt: SEA }));
    expect([textOf(second, 'say'), codes(second)]).toEqual(['All the same.', ['cache_hit']]);
  });

  it('that is cancelled while it waits for its embedding is, and asks no model', async () => {
    llm.models.embeds(EMBEDDER, () => 'hang');
    const id = await llm.app.alice.start(asks({ prompt: SEA }));
    const exchange = await llm.models.arrived(EMBEDDER);
    expect((await llm.app.alice.post(`/executions/${id}/cancel`)).status).toBe(202);
    expect(await exchange.ended).toBe('client');
    expect(outline(await llm.app.alice.follow(id)).slice(-2)).toEqual(['step_cancelled say', 'workflow_cancelled']);
    expect(llm.models.of(MODEL)).toEqual([]);
  });
});

describe('the service', () => {
  it('has its cache by its environment, and what a step left in it outlives a kill right after that was told', async () => {
    const models = await ModelServer.start();
    models.embeds(EMBEDDER, wordVector);
    models.script(MODEL, say('Rivers ', 'carry salts.'), say('Once more.'));
    const env = { ...models.env, LLM_MODEL: NAME, LLM_EMBEDDING_MODEL: `local/${EMBEDDER}`, STEPCAST_CACHE_SIMILARITY: '0.9', STEPCAST_CACHE_TTL_MS: String(HOUR), STEPCAST_CACHE_MAX_ENTRIES_PER_USER: '1' };
    let service = await ServiceProcess.start({ env });
    try {
      const ask = (prompt: string) => workflow('asks', agent('say', 'llm', { input: prompt, cache: true }));
      const id = await service.as('alice').start(ask('Why is the sea so salty today'));
      const reader = await service.as('alice').openExecution(id);
      await reader.untilEvent('step_completed', 'say');
      await service.end('SIGKILL');
      await reader.whenEnded();
      service = await service.restart();
      const alice = service.as('alice');
      const same = await alice.follow(await alice.start(ask('Why is the sea so salty today')));
      const similar = await alice.follow(await alice.start(ask('Why is the sea so salty today?')));
      for (const events of [same, similar]) {
        assertWhole(events);
        expect([textOf(events, 'say'), outputOf(events), hits(events)]).toEqual(['Rivers carry salts.', 'Rivers carry salts.', 1]);
      }
      await alice.follow(await alice.start(ask('And the lakes?')));
      const { text } = await service.as('root').get('//metrics');
      expect(lookupsIn(text)).toEqual({ 'llm exact': 1, 'llm similar': 1, 'llm miss': 1 });
      expect(models.of(MODEL)).toHaveLength(2);
    } finally {
      await service.dispose();
      await models.close();
    }
  });
});
