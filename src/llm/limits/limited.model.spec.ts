import { beforeEach, describe, expect, it } from '@jest/globals';
import { APICallError, generateText, type LanguageModel, streamText } from 'ai';
import { MockLanguageModelV4 } from 'ai/test';
import * as cockatiel from 'cockatiel';
import { eventually } from '../../../test/support/patience.js';
import { ManualClock, settled } from '../../../test/support/manual-clock.js';
import { Silence } from '../idle.watch.js';
import { limitedModel } from './limited.model.js';
import { LimitsObserver } from './limits.observer.js';
import { ProviderGate } from './provider.gate.js';

type StreamResult = Awaited<ReturnType<MockLanguageModelV4['doStream']>>;
type GenerateResult = Awaited<ReturnType<MockLanguageModelV4['doGenerate']>>;
type Part = StreamResult['stream'] extends ReadableStream<infer P> ? P : never;

const USAGE: GenerateResult['usage'] = { inputTokens: { total: 30, noCache: 30, cacheRead: undefined, cacheWrite: undefined }, outputTokens: { total: 20, text: 20, reasoning: undefined } };
const text: Part[] = [{ type: 'text-start', id: 't' }, { type: 'text-delta', id: 't', delta: 'Hello' }, { type: 'text-end', id: 't' }];
const finish = (unified: 'stop' | 'other' = 'stop', raw: string | undefined = 'stop'): Part => ({ type: 'finish', finishReason: { unified, raw }, usage: USAGE });

function streamOf(parts: Part[], end: 'close' | 'hang' | Error = 'close'): ReadableStream<Part> {
  return new ReadableStream<Part>({
    start: (controller) => {
      for (const part of parts) controller.enqueue(part);
      if (end === 'close') controller.close();
      else if (end !== 'hang') controller.error(end);
    },
  });
}

const refused = (statusCode: number, responseHeaders: Record<string, string> = {}) => new APICallError({ message: 'no', url: 'http://m', requestBodyValues: {}, statusCode, responseHeaders });

let clock: ManualClock;
let gate: ProviderGate;
beforeEach(() => {
  clock = new ManualClock();
  gate = new ProviderGate(cockatiel, 'openai', { rates: { tokensPerMinute: 6000 }, perUser: {}, concurrency: 1, breaker: { failures: 2, openMs: 1000 } }, clock, new LimitsObserver());
});

const mockOf = (doStream: () => Promise<StreamResult> | StreamResult) => new MockLanguageModelV4({ doStream: async () => doStream() });
const limited = (model: LanguageModel, caller = {}) => limitedModel('openai/mock', model, gate, caller);

/** Reads it all; answers its text, or the error. */
async function ask(model: LanguageModel, abortSignal?: AbortSignal): Promise<unknown> {
  const { stream } = streamText({ model, prompt: 'x'.repeat(400), maxOutputTokens: 100, maxRetries: 0, onError: () => undefined, ...(abortSignal && { abortSignal }) });
  let said = '';
  try {
    for await (const part of stream) {
      if (part.type === 'text-delta') said += part.text;
      if (part.type === 'error') return part.error;
    }
  } catch (error) {
    return error;
  }
  return said;
}

/** Tokens that are left of 6,000, as the next request finds them. */
async function left(): Promise<number> {
  let ms = 0;
  const gone = new AbortController();
  const probe = gate.enter({ user: undefined, tokens: 6000, signal: gone.signal, tell: (hold) => (ms = hold.ms ?? 0) }).then((permit) => permit.end('unknown', 0), () => undefined);
  await settled();
  gone.abort();
  await probe;
  return 6000 - ms / 10;
}

describe('a request that is limited', () => {
  it('is the same request, and its answer the same answer', async () => {
    const mock = mockOf(() => ({ stream: streamOf([...text, finish()]) }));
    const model = await limited(mock);
    expect(model).toMatchObject({ provider: mock.provider, modelId: mock.modelId });
    expect(await ask(model)).toBe('Hello');
    expect(mock.doStreamCalls).toHaveLength(1);
    expect(gate.reading).toMatchObject({ inFlight: 0 });
  });

  it('is charged what the provider tells', async () => {
    await ask(await limited(mockOf(() => ({ stream: streamOf([...text, finish()]) }))));
    await settled();
    expect(await left()).toBe(5950);
  });

  it('that is not streamed is charged and holds its place as well', async () => {
    const go = Promise.withResolvers<void>();
    const mock = new MockLanguageModelV4({
      doGenerate: async (): Promise<GenerateResult> => {
        await go.promise;
        return { content: [{ type: 'text', text: 'Hello' }], finishReason: { unified: 'stop', raw: 'stop' }, usage: USAGE, warnings: [] };
      },
    });
    const model = await limited(mock);
    const answers = [1, 2].map(() => generateText({ model, prompt: 'x', maxRetries: 0 }));
    await eventually(() => gate.reading.waiting === 1, 'the second request');
    expect(mock.doGenerateCalls).toHaveLength(1);
    go.resolve();
    expect((await Promise.all(answers)).map((answer) => answer.text)).toEqual(['Hello', 'Hello']);
    await settled();
    expect(await left()).toBe(5900);
  });

  it('holds its place until its answer was read', async () => {
    const mock = mockOf(() => ({ stream: streamOf([...text, finish()]) }));
    const model = (await limited(mock)) as MockLanguageModelV4;
    const { stream } = await model.doStream({ prompt: [] });
    const reader = stream.getReader();
    const second = model.doStream({ prompt: [] });
    await reader.read();
    await settled();
    expect(mock.doStreamCalls).toHaveLength(1);
    await reader.cancel();
    await (await second).stream.cancel();
    expect(mock.doStreamCalls).toHaveLength(2);
  });

  it.each<[string, 'closed' | 'open', () => StreamResult]>([
    ['is refused', 'closed', () => { throw refused(400); }],
    ['is over a limit', 'closed', () => { throw refused(429); }],
    ['meets a server that fails', 'open', () => { throw refused(503); }],
    ['meets nobody', 'open', () => { throw Object.assign(new Error('fetch failed'), { cause: Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }) }); }],
    ['breaks off', 'open', () => ({ stream: streamOf(text, Object.assign(new Error('terminated'), { cause: new Error('other side closed') })) })],
    ['ends without its end', 'open', () => ({ stream: streamOf(text) })],
    ['ends without a word of why', 'open', () => ({ stream: streamOf([...text, { ...finish('other'), finishReason: { unified: 'other', raw: undefined } } as Part]) })],
    ['is given up in its stream', 'open', () => ({ stream: streamOf([...text, { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }]) })],
    ['is filtered', 'closed', () => ({ stream: streamOf([{ type: 'error', error: { code: 'content_filter', message: 'content_filter' } }]) })],
  ])('and %s makes the breaker %s after two', async (_what, state, answer) => {
    const model = await limited(mockOf(answer));
    for (let n = 0; n < 2; n++) await ask(model);
    await settled();
    expect(gate.reading).toEqual({ inFlight: 0, waiting: 0, breaker: state });
  });

  it('that is aborted frees its place, and tells nothing of the provider', async () => {
    for (let n = 0; n < 3; n++) {
      const controller = new AbortController();
      const asked = ask(await limited(mockOf(() => ({ stream: streamOf(text, 'hang') }))), controller.signal);
      await eventually(() => gate.reading.inFlight === 1, 'the request');
      controller.abort(new Error('cancelled'));
      await asked;
      await settled();
      expect(gate.reading).toEqual({ inFlight: 0, waiting: 0, breaker: 'closed' });
    }
  });

  it('that is dropped for its silence has failed', async () => {
    for (let n = 0; n < 2; n++) {
      const controller = new AbortController();
      const asked = ask(await limited(mockOf(() => ({ stream: streamOf(text, 'hang') }))), controller.signal);
      await eventually(() => gate.reading.inFlight === 1, 'the request');
      controller.abort(new Silence('nothing was heard'));
      await asked;
      await settled();
    }
    expect(gate.reading).toMatchObject({ breaker: 'open' });
    expect(await ask(await limited(mockOf(() => ({ stream: streamOf([]) }))))).toMatchObject({ code: 'overloaded' });
  });

  it('that is told when to come again has all others wait', async () => {
    await ask(await limited(mockOf(() => { throw refused(429, { 'retry-after': '7' }); })));
    const told: unknown[] = [];
    const asked = ask(await limited(mockOf(() => ({ stream: streamOf([...text, finish()]) })), { log: (...line: unknown[]) => told.push(line) }));
    await eventually(() => told.length > 0, 'the message');
    expect(told).toEqual([['the provider "openai" asks to be left alone; this request waits about 7 s', 'warn', 'rate_limited']]);
    await clock.advance(7000);
    expect(await asked).toBe('Hello');
  });

  it('waits where the caller says', async () => {
    let waits = 0;
    const aside = <T>(work: () => Promise<T>): Promise<T> => (waits++, work());
    await ask(await limited(mockOf(() => ({ stream: streamOf([...text, finish()]) })), { aside }));
    expect(waits).toBe(1);
  });
});
