/** Limits on models, over real HTTP on both sides: what waits is told so in its stream, and what does not wait is not sent. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { type ExecutionEvent } from '../../src/contract/events.js';
import { CHART_PROVIDERS } from '../../src/examples/chart/chart.providers.js';
import { type LimitsOptions } from '../../src/llm/limits/limits.options.js';
import { MetricsRegistry } from '../../src/metrics/metrics.registry.js';
import { agent, parallel, retry, workflow } from '../../src/orchestration/definition/builder.js';
import { assertWhole, of, textOf } from '../support/assert-whole.js';
import { type Client } from '../support/client.js';
import { type Exchange } from '../support/model-server/exchange.js';
import { wordVector } from '../support/model-server/embeddings.js';
import { answer, say } from '../support/model-server/script.js';
import { type EventReader } from '../support/sse.js';
import { asks, LlmApp } from './support/llm-app.js';
import { PROVIDERS } from './support/providers.js';

const MODEL = 'gpt-5-mini';
const NAME = `openai/${MODEL}`;
const MINUTE = 60_000;

let llm: LlmApp;
afterEach(async () => {
  llm.reset();
  await llm.close();
});

const start = async (limits: LimitsOptions): Promise<void> => void (llm = await LlmApp.start({ limits }));
const opened = async (client: Client, name = NAME, input = {}): Promise<EventReader> => client.openExecution(await client.start(asks(name, input)));
const told = (events: readonly ExecutionEvent[]) => of(events, 'message').map(({ data }) => data);
/** Reads up to the first line that says what is waited for. */
const held = async (reader: EventReader) => (await reader.untilEvent('message', 'say')).data;
const metrics = (): Promise<string> => llm.app.nest.get(MetricsRegistry).metrics();

async function ended(reader: EventReader): Promise<ExecutionEvent[]> {
  await reader.whenEnded();
  assertWhole(reader.events);
  return reader.events;
}

describe.each(PROVIDERS)('requests a minute of $provider', ({ provider, model, name }) => {
  it('delay the one above them, whose reader is told the limit and the wait at once; then it goes', async () => {
    await start({ [provider]: { requestsPerMinute: 1 } });
    llm.models.script(model, say('One.'), say('Two.'));
    expect((await llm.run(asks(name))).at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: 'One.' } });
    const reader = await opened(llm.app.alice, name);
    expect(await held(reader)).toEqual({
      level: 'warn', code: 'rate_limited',
      text: expect.stringMatching(new RegExp(`^the limit of 1 requests a minute at the provider "${provider}" is used up; this request waits about [1-6]\\d(\\.\\d)? s$`)),
    });
    expect(llm.models.of(model)).toHaveLength(1);
    llm.app.clock.advance(MINUTE);
    const events = await ended(reader);
    expect(textOf(events, 'say')).toBe('Two.');
    expect(events.at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: 'Two.' } });
    expect(told(events)).toHaveLength(1);
    expect(await metrics()).toContain(`stepcast_model_limit_wait_seconds_count{provider="${provider}",limit="requests"} 1`);
  });
});

describe('limits of a user', () => {
  it('delay that user, and nobody else', async () => {
    await start({ openai: { perUser: { requestsPerMinute: 1 } } });
    llm.models.always(MODEL, () => say('Said.'));
    await llm.run(asks(NAME));
    const alice = await opened(llm.app.alice);
    expect(await held(alice)).toMatchObject({ code: 'rate_limited', text: expect.stringContaining('the user\'s limit of 1 requests a minute at the provider "openai"') });
    const bob = await ended(await opened(llm.app.bob));
    expect(bob.at(-1)?.type).toBe('workflow_completed');
    expect(told(bob)).toEqual([]);
    expect(of(alice.events, 'workflow_completed')).toEqual([]);
    llm.app.clock.advance(MINUTE);
    expect((await ended(alice)).at(-1)?.type).toBe('workflow_completed');
  });

  it('of the provider are shared by turns: who asks a lot does not keep others waiting for all of it', async () => {
    await start({ openai: { requestsPerMinute: 1 } });
    llm.models.always(MODEL, () => say('Said.'));
    await llm.run(asks(NAME));
    const many = await Promise.all([1, 2, 3].map(() => opened(llm.app.alice)));
    await Promise.all(many.map(held));
    const bob = await opened(llm.app.bob);
    await held(bob);
    // One of hers, then his.
    for (const n of [2, 3]) {
      llm.app.clock.advance(MINUTE);
      await llm.models.arrived(MODEL, n);
    }
    expect((await ended(bob)).at(-1)?.type).toBe('workflow_completed');
    const waiting = many.filter((reader) => of(reader.events, 'workflow_completed').length === 0);
    expect(waiting.length).toBeGreaterThanOrEqual(2);
    for (const n of [4, 5]) {
      llm.app.clock.advance(MINUTE);
      await llm.models.arrived(MODEL, n);
    }
    for (const reader of many) expect((await ended(reader)).at(-1)?.type).toBe('workflow_completed');
  });
});

describe('tokens a minute', () => {
  it('are taken by estimate and settled by what the provider tells: the next waits for what is really missing', async () => {
    await start({ openai: { tokensPerMinute: 6000 } });
    // Each would be some 1,000 by estimate.
    llm.models.script(MODEL, answer(['Little.'], { usage: { input: 10, output: 10 } }), answer(['Much.'], { usage: { input: 5000, output: 6970 } }), say('At last.'));
    for (const output of ['Little.', 'Much.']) expect((await llm.run(asks(NAME))).at(-1)).toMatchObject({ data: { result: output } });
    const reader = await opened(llm.app.alice);
    const { code, text } = await held(reader);
    expect([code, text]).toEqual(['rate_limited', expect.stringContaining('the limit of 6000 tokens a minute at the provider "openai"')]);
    // It owes 5,990, and needs some 1,000: at 100 a second.
    const seconds = Number(/about ([\d.]+) s/.exec(text)?.[1]);
    expect(seconds).toBeGreaterThan(30);
    expect(seconds).toBeLessThan(71);
    llm.app.clock.advance(seconds * 1000);
    expect((await ended(reader)).at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: 'At last.' } });
  });

  it('let a prompt go that is larger than all of them', async () => {
    await start({ openai: { tokensPerMinute: 100 } });
    llm.models.script(MODEL, say('Read.'));
    const events = await llm.run(asks(NAME, { prompt: 'x'.repeat(10_000) }));
    expect(events.at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: 'Read.' } });
  });
});

describe('a request whose answer may be of any length', () => {
  it('and is cancelled, keeps nobody else waiting for longer than a minute', async () => {
    await start({ openai: { tokensPerMinute: 6000 } });
    llm.models.script(MODEL, { hang: true }, say('Said.'));
    const id = await llm.app.alice.start(asks(NAME, { maxOutputTokens: Number.MAX_SAFE_INTEGER }));
    await llm.models.arrived(MODEL);
    const bob = await opened(llm.app.bob);
    const { text } = await held(bob);
    expect(Number(/about ([\d.]+) s/.exec(text)?.[1])).toBeLessThan(60);
    await llm.app.alice.post(`/executions/${id}/cancel`);
    expect((await llm.app.alice.follow(id)).at(-1)?.type).toBe('workflow_cancelled');
    llm.app.clock.advance(MINUTE);
    expect((await ended(bob)).at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: 'Said.' } });
  });
});

describe('each round with tools is a request', () => {
  it('that waits as well, in the middle of the step; what was said stands once', async () => {
    await start({ openai: { requestsPerMinute: 1 } });
    llm.models.script(MODEL, answer(['Let me see. ', { call: 'lookup', input: { city: 'Bern' } }]), say('It is 7 °C.'));
    const reader = await opened(llm.app.alice, NAME, { tools: ['lookup'] });
    expect(await held(reader)).toMatchObject({ code: 'rate_limited' });
    llm.app.clock.advance(MINUTE);
    const events = await ended(reader);
    expect(textOf(events, 'say')).toBe('Let me see. It is 7 °C.');
    expect(events.at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: 'Let me see. It is 7 °C.' } });
  });
});

describe('while a request waits', () => {
  it('a cancel ends the wait, and no request reaches the provider', async () => {
    await start({ openai: { requestsPerMinute: 1 } });
    llm.models.script(MODEL, say('One.'));
    await llm.run(asks(NAME));
    const id = await llm.app.alice.start(asks(NAME));
    const reader = await llm.app.alice.openExecution(id);
    await held(reader);
    expect((await llm.app.alice.post(`/executions/${id}/cancel`)).status).toBe(202);
    expect((await ended(reader)).at(-1)?.type).toBe('workflow_cancelled');
    llm.app.clock.advance(10 * MINUTE);
    expect(await metrics()).toContain('stepcast_model_requests_waiting{provider="openai"} 0');
    expect(llm.models.of(MODEL)).toHaveLength(1);
  });

  it('the step\'s own timeout ends it', async () => {
    await start({ openai: { requestsPerMinute: 1 } });
    llm.models.script(MODEL, say('One.'));
    await llm.run(asks(NAME));
    const events = await llm.run(workflow('late', { ...agent('say', 'llm', { input: { model: NAME, prompt: 'x' } }), timeoutMs: 50 }));
    expect(events.at(-1)).toMatchObject({ type: 'workflow_failed', data: { error: { code: 'step_timeout' } } });
    expect(llm.models.of(MODEL)).toHaveLength(1);
  });

  it('a stop of the service ends it, and the next start asks', async () => {
    await start({ openai: { concurrency: 1 } });
    llm.models.script(MODEL, { hang: true });
    const first = await opened(llm.app.alice);
    await llm.models.arrived(MODEL);
    const id = await llm.app.alice.start(asks(NAME));
    await held(await llm.app.alice.openExecution(id));
    llm.models.script(MODEL, say('Said.'), say('Said.'));
    await llm.restart();
    await first.whenEnded();
    expect((await llm.app.alice.follow(id)).at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: 'Said.' } });
  });

  it('is no silence of the model', async () => {
    llm = await LlmApp.start({ idleTimeoutMs: 8000, limits: { openai: { requestsPerMinute: 1 } } });
    llm.models.script(MODEL, say('One.'), say('Two.'));
    await llm.run(asks(NAME));
    const reader = await opened(llm.app.alice);
    await held(reader);
    // Longer than the model may be silent: the time itself is what is tested.
    await new Promise((resolve) => setTimeout(resolve, 8100));
    llm.app.clock.advance(MINUTE);
    expect((await ended(reader)).at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: 'Two.' } });
  });
});

describe('requests at once', () => {
  it('are so many, whoever asks: the provider never sees more', async () => {
    await start({ openai: { concurrency: 1 } });
    const running = new Set<Exchange>();
    let most = 0;
    llm.models.always(MODEL, (exchange) => {
      for (const other of running) if (other.end !== undefined) running.delete(other);
      running.add(exchange);
      most = Math.max(most, running.size);
      return say('One ', 'after ', 'the other.');
    });
    const branches = Array.from({ length: 5 }, (_, n) => agent(`say${n}`, 'llm', { input: { model: NAME, prompt: 'x' } }));
    const definition = workflow('five', parallel('all', ...branches));
    const logs = await Promise.all([llm.run(definition), llm.app.bob.start(definition).then((id) => llm.app.bob.follow(id))]);
    for (const events of logs) {
      assertWhole(events);
      expect(events.at(-1)?.type).toBe('workflow_completed');
      expect(new Set(told(events).map(({ code }) => code))).toEqual(new Set(['concurrency_limited']));
    }
    expect(llm.models.of(MODEL)).toHaveLength(10);
    expect(most).toBe(1);
  });

  it('are free again after a fault, and after a cancel', async () => {
    await start({ openai: { concurrency: 1 } });
    llm.models.script(MODEL, { cut: true }, answer(['Half ', { cut: true }]), { hang: true }, say('Free.'));
    for (let n = 0; n < 2; n++) expect((await llm.run(asks(NAME))).at(-1)?.type).toBe('workflow_failed');
    const id = await llm.app.alice.start(asks(NAME));
    await llm.models.arrived(MODEL, 3);
    await llm.app.alice.post(`/executions/${id}/cancel`);
    expect((await llm.run(asks(NAME))).at(-1)).toMatchObject({ data: { result: 'Free.' } });
  });
});

describe('the breaker of a provider', () => {
  const breaking = { breaker: { failures: 3, openMs: 20_000 } };
  const fail = async (times: number): Promise<void> => {
    for (let n = 0; n < times; n++) expect(of(await llm.run(asks(NAME)), 'step_failed', 'say')).toMatchObject([{ data: { error: { code: 'overloaded' } } }]);
  };
  const state = async () => /stepcast_model_breaker_state\{provider="openai"\} (\d)/.exec(await metrics())?.[1];

  it('opens after failures in a row: then calls fail at once, with when to come again, and nothing is sent', async () => {
    await start({ '*': breaking });
    llm.models.script(MODEL, { fail: 'overloaded' }, answer(['Half ', { cut: true }]), { cut: true });
    await fail(3);
    const events = await llm.run(asks(NAME));
    const error = of(events, 'step_failed', 'say')[0]?.data.error;
    expect(error).toMatchObject({ code: 'overloaded', retryable: true, message: expect.stringContaining('the provider "openai" has failed 3 times in a row') });
    expect(error?.retryAfterMs).toBeGreaterThan(0);
    expect(error?.retryAfterMs).toBeLessThanOrEqual(20_000);
    expect(llm.models.of(MODEL)).toHaveLength(3);
    expect(await state()).toBe('2');
    expect(await metrics()).toContain('stepcast_model_breaker_refusals_total{provider="openai"} 1');
    // Other providers are not meant, and the service is well.
    llm.models.script('llama3.2', say('Here.'));
    expect((await llm.run(asks('local/llama3.2'))).at(-1)?.type).toBe('workflow_completed');
    expect((await llm.app.alice.get('/executions')).status).toBe(200);
  });

  it('lets one try when the time is over, and closes when that is answered', async () => {
    await start({ openai: breaking });
    llm.models.script(MODEL, { fail: 'server_error' }, { fail: 'overloaded' }, { fail: 'overloaded' });
    await fail(3);
    llm.app.clock.advance(20_000);
    expect(await state()).toBe('1');
    const go = Promise.withResolvers<void>();
    llm.models.script(MODEL, answer([{ until: go.promise }, 'Back.']), say('Too.'));
    const first = await opened(llm.app.alice);
    await llm.models.arrived(MODEL, 4);
    const second = await opened(llm.app.bob);
    expect(await held(second)).toMatchObject({ code: 'circuit_half_open' });
    expect(llm.models.of(MODEL)).toHaveLength(4);
    go.resolve();
    expect((await ended(first)).at(-1)).toMatchObject({ data: { result: 'Back.' } });
    expect((await ended(second)).at(-1)).toMatchObject({ data: { result: 'Too.' } });
    expect(await state()).toBe('0');
  });

  it('opens again where the try fails', async () => {
    await start({ openai: breaking });
    llm.models.script(MODEL, { fail: 'overloaded' }, { fail: 'overloaded' }, { fail: 'overloaded' }, { fail: 'overloaded' });
    await fail(3);
    llm.app.clock.advance(20_000);
    await fail(2);
    expect(llm.models.of(MODEL)).toHaveLength(4);
    expect(await state()).toBe('2');
  });

  it('does not count what is refused for a reason, filtered or cancelled', async () => {
    await start({ openai: { breaker: { failures: 1, openMs: 20_000 } } });
    llm.models.script(MODEL, { fail: 'auth' }, { fail: 'invalid_request' }, { fail: 'content_filter' }, { fail: 'rate_limited' }, { hang: true }, say('Here.'));
    for (let n = 0; n < 4; n++) expect((await llm.run(asks(NAME))).at(-1)?.type).toBe('workflow_failed');
    const id = await llm.app.alice.start(asks(NAME));
    await llm.models.arrived(MODEL, 5);
    await llm.app.alice.post(`/executions/${id}/cancel`);
    expect((await llm.run(asks(NAME))).at(-1)).toMatchObject({ data: { result: 'Here.' } });
  });

  it('is waited for by a retry step, which asks again when it may', async () => {
    await start({ openai: { breaker: { failures: 1, openMs: 300 } } });
    llm.models.script(MODEL, { fail: 'overloaded' }, say('Back.'));
    await fail(1);
    const events = await llm.run(workflow('patient', retry('again', { maxAttempts: 10, backoff: { delayMs: 1, jitter: false } }, agent('say', 'llm', { input: { model: NAME, prompt: 'x' } }))));
    expect(events.at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: 'Back.' } });
    expect(llm.models.of(MODEL)).toHaveLength(2);
  });
});

describe('a provider that says when to come again', () => {
  it('is left alone by all until then: others wait, and do not run into the same', async () => {
    await start({});
    llm.models.script(MODEL, { fail: 'rate_limited', retryAfterSeconds: 30 });
    expect((await llm.run(asks(NAME))).at(-1)).toMatchObject({ type: 'workflow_failed', data: { error: { code: 'rate_limited', retryAfterMs: 30_000 } } });
    const readers = [await opened(llm.app.alice), await opened(llm.app.bob)];
    for (const reader of readers) expect(await held(reader)).toMatchObject({ level: 'warn', code: 'rate_limited', text: expect.stringMatching(/^the provider "openai" asks to be left alone; this request waits about [123]\d/) });
    expect(llm.models.of(MODEL)).toHaveLength(1);
    llm.models.script(MODEL, say('Now.'), say('Now.'));
    llm.app.clock.advance(30_000);
    for (const reader of readers) expect((await ended(reader)).at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: 'Now.' } });
  });
});

describe('embeddings of the cache', () => {
  const EMBEDDER = 'nomic-embed';
  const cached = (prompt: string) => workflow('asks', agent('say', 'llm', { input: { model: NAME, prompt }, cache: true }));

  it('count to the limits of their provider and of their user, and fail no step where these are used up', async () => {
    llm = await LlmApp.start({ embeddingModel: `local/${EMBEDDER}`, limits: { local: { perUser: { requestsPerMinute: 1 } } } });
    llm.models.embeds(EMBEDDER, wordVector);
    llm.models.always(MODEL, () => say('Said.'));
    expect(told(await llm.run(cached('One?')))).toEqual([]);
    const events = await llm.run(cached('Two?'));
    assertWhole(events);
    expect(events.at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: 'Said.' } });
    expect(told(events)).toEqual([{ level: 'warn', code: 'cache_embedding_failed', text: expect.stringMatching(/^similar results are not looked for: the user's limit of 1 requests a minute at the provider "local" is used up; .* for 10 s at the most$/) }]);
    expect(told(await llm.app.bob.follow(await llm.app.bob.start(cached('Two?'))))).toEqual([]);
    expect([llm.models.of(EMBEDDER).length, llm.models.of(MODEL).length]).toEqual([2, 3]);
  });

  it('that fail are left alone for a time, and the models of the same provider are asked as ever', async () => {
    llm = await LlmApp.start({ embeddingModel: `openai/${EMBEDDER}`, limits: { openai: { breaker: { failures: 2, openMs: 30_000 } } } });
    llm.models.embeds(EMBEDDER, () => ({ status: 503, headers: { 'content-type': 'application/json' }, body: '{"error":{"message":"The server is overloaded"}}' }));
    llm.models.always(MODEL, () => say('Said.'));
    const step = (name: string) => agent(name, 'llm', { input: { model: NAME, prompt: name }, cache: true });
    // All their embeddings fail before the first model is asked.
    const together = await llm.run(workflow('asks', parallel('all', step('a'), step('b'), step('c'))));
    expect(together.at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: { a: 'Said.', b: 'Said.', c: 'Said.' } } });
    const events = await llm.run(cached('Once more?'));
    expect(told(events)).toEqual([{ level: 'warn', code: 'cache_embedding_failed', text: expect.stringMatching(/^similar results are not looked for: embeddings of the provider "openai" have failed in a row, and are not asked for another [123]\d(\.\d)? s$/) }]);
    expect(events.at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: 'Said.' } });
    expect([llm.models.of(EMBEDDER).length, llm.models.of(MODEL).length]).toEqual([3, 4]);
    llm.app.clock.advance(30_000);
    llm.models.embeds(EMBEDDER, wordVector);
    expect(told(await llm.run(cached('And now?')))).toEqual([]);
  });
});

describe('other workflows and models', () => {
  it('the models of the shipped workflow chart are limited as well, as those of whoever asks', async () => {
    llm = await LlmApp.start({ limits: { openai: { perUser: { requestsPerMinute: 1 } } } }, CHART_PROVIDERS);
    llm.models.script(MODEL, say('One.'));
    await llm.run(asks(NAME));
    const id = await llm.app.alice.start('chart', { question: 'How many strikes were there in 1999?', model: NAME });
    const reader = await llm.app.alice.openExecution(id);
    expect((await reader.untilEvent('message')).data).toMatchObject({ code: 'rate_limited', text: expect.stringContaining('the user\'s limit of 1 requests a minute') });
    await llm.app.alice.post(`/executions/${id}/cancel`);
    expect((await ended(reader)).at(-1)?.type).toBe('workflow_cancelled');
    expect(llm.models.of(MODEL)).toHaveLength(1);
  });

  it('the small local model is not limited, unless somebody says so', async () => {
    await start({ '*': { requestsPerMinute: 1 } });
    for (let n = 0; n < 3; n++) expect(told(await llm.run(asks('demo/writer')))).toEqual([]);
    await llm.close();
    await start({ demo: { requestsPerMinute: 1 } });
    await llm.run(asks('demo/writer'));
    const reader = await opened(llm.app.alice, 'demo/writer');
    expect(await held(reader)).toMatchObject({ code: 'rate_limited' });
    llm.app.clock.advance(MINUTE);
    expect((await ended(reader)).at(-1)?.type).toBe('workflow_completed');
  });

  it('nothing is limited where all of it is off', async () => {
    await start({ '*': false });
    llm.models.script(MODEL, { fail: 'rate_limited', retryAfterSeconds: 30 }, say('Said.'));
    await llm.run(asks(NAME));
    const events = await llm.run(asks(NAME));
    expect([events.at(-1)?.type, told(events)]).toEqual(['workflow_completed', []]);
    expect(await metrics()).not.toContain('stepcast_model_breaker_state{');
  });
});
