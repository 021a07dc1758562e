/** What providers do wrong, in their own words on the wire, and what becomes of it: a code, whether to try again, and when. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type ErrorInfo } from '../../src/contract/errors.js';
import { type ExecutionEvent } from '../../src/contract/events.js';
import { type JsonObject } from '../../src/contract/json.js';
import { assertWhole, of, textOf } from '../support/assert-whole.js';
import { MODEL_KEY, type ProviderName } from '../support/model-server/model-server.js';
import { type Answer, answer, type FaultName } from '../support/model-server/script.js';
import { asks, LlmApp } from './support/llm-app.js';
import { PROVIDERS } from './support/providers.js';

let llm: LlmApp;
beforeAll(async () => {
  llm = await LlmApp.start();
});
afterEach(() => llm.reset());
afterAll(() => llm.close());

const errorOf = (events: readonly ExecutionEvent[], step = 'say'): ErrorInfo | undefined => of(events, 'step_failed', step)[0]?.data.error;

type Expected = Pick<ErrorInfo, 'code' | 'retryable'>;
const FINAL = { retryable: false };
const AGAIN = { retryable: true };
const REFUSALS: Record<FaultName, Expected> = {
  auth: { code: 'auth', ...FINAL },
  rate_limited: { code: 'rate_limited', ...AGAIN },
  quota: { code: 'rate_limited', ...FINAL },
  context_length: { code: 'context_length', ...FINAL },
  content_filter: { code: 'content_filter', ...FINAL },
  overloaded: { code: 'overloaded', ...AGAIN },
  server_error: { code: 'overloaded', ...AGAIN },
  model_not_found: { code: 'model_failed', ...FINAL },
  invalid_request: { code: 'model_failed', ...FINAL },
};
/** Anthropic tells an empty account as a bad request; Gemini tells quota and rate in the same words. */
const OWN: Partial<Record<ProviderName, Partial<Record<FaultName, Expected>>>> = {
  anthropic: { quota: { code: 'auth', ...FINAL } },
  google: { quota: { code: 'rate_limited', ...AGAIN } },
};

describe.each(PROVIDERS)('a refusal by $provider:', ({ provider, model, name }) => {
  it.each(Object.keys(REFUSALS) as FaultName[])('%s', async (fail) => {
    llm.models.script(model, { fail });
    const events = await llm.run(asks(name));
    assertWhole(events);
    const error = errorOf(events);
    expect(error).toMatchObject(OWN[provider]?.[fail] ?? REFUSALS[fail]);
    expect(error?.message).toContain(name);
    expect(events.at(-1)).toMatchObject({ type: 'workflow_failed', data: { error: { code: error?.code, stepId: 'say' } } });
    expect(JSON.stringify(events)).not.toMatch(new RegExp(`${MODEL_KEY}|sk-wrong`));
  });

  it('when to come again is kept', async () => {
    for (const seconds of [1, 34]) {
      llm.models.script(model, { fail: 'rate_limited', retryAfterSeconds: seconds });
      expect(errorOf(await llm.run(asks(name)))).toMatchObject({ code: 'rate_limited', retryable: true, retryAfterMs: seconds * 1000 });
    }
  });

  it('when to come again is kept as a date too, which is held against the clock of the provider', async () => {
    const headers = { date: 'Fri, 20 Nov 2026 08:00:00 GMT', 'retry-after': 'Fri, 20 Nov 2026 08:00:07 GMT' };
    llm.models.script(model, { status: 503, headers, body: 'in maintenance' });
    expect(errorOf(await llm.run(asks(name)))).toMatchObject({ code: 'overloaded', retryable: true, retryAfterMs: 7000 });
  });
});

describe.each(PROVIDERS)('a fault on the way from $provider:', ({ model, name }) => {
  const half = 'Half of ';

  /** Runs it with the fault coming when the reader has the first half. */
  async function brokenBy(...faults: Parameters<typeof answer>[0]): Promise<ExecutionEvent[]> {
    const read = Promise.withResolvers<void>();
    llm.models.script(model, answer([half, { until: read.promise }, ...faults]));
    const reader = await llm.app.alice.openExecution(await llm.app.alice.start(asks(name)));
    await reader.until('step_output');
    read.resolve();
    await reader.whenEnded();
    assertWhole(reader.events);
    expect(textOf(reader.events, 'say')).toBe(half);
    return reader.events;
  }

  it('the line is cut in mid-stream', async () => {
    expect(errorOf(await brokenBy({ cut: true }))).toMatchObject({ code: 'overloaded', ...AGAIN });
    expect(await llm.models.of(model)[0]?.ended).toBe('cut');
  });

  it('the stream ends before the answer does: no half of an answer passes for a whole one', async () => {
    expect(errorOf(await brokenBy({ end: true }))).toMatchObject({ code: 'overloaded', ...AGAIN });
  });

  it('a chunk is malformed', async () => {
    expect(errorOf(await brokenBy({ raw: '{"type": "content_bl' }, 'the rest'))).toMatchObject({ code: 'model_failed', ...AGAIN });
  });

  it.each([
    ['overloaded', { code: 'overloaded', ...AGAIN }],
    ['server_error', { code: 'overloaded', ...AGAIN }],
    ['rate_limited', { code: 'rate_limited', ...AGAIN }],
  ] as const)('the provider gives up in mid-stream: %s', async (error, expected) => {
    expect(errorOf(await brokenBy({ error }))).toMatchObject(expected);
  });

  it('the answer begins with an error', async () => {
    llm.models.script(model, answer([{ error: 'overloaded' }]));
    expect(errorOf(await llm.run(asks(name)))).toMatchObject({ code: 'overloaded', ...AGAIN });
  });

  it('the answer is filtered in its middle', async () => {
    llm.models.script(model, answer([half], { finish: 'content_filter' }));
    expect(errorOf(await llm.run(asks(name)))).toMatchObject({ code: 'content_filter', ...FINAL });
  });

  it('the answer has nothing in it', async () => {
    llm.models.script(model, answer([]));
    const events = await llm.run(asks(name));
    expect(of(events, 'step_completed', 'say')).toMatchObject([{ data: { output: '' } }]);
    expect(of(events, 'message')).toMatchObject([{ data: { level: 'warn', code: 'empty_answer' } }]);
    llm.models.script(model, answer([{ reasoning: 'Hmm.' }], { finish: 'length' }));
    expect(errorOf(await llm.run(asks(name)))).toMatchObject({ code: 'output_invalid', message: expect.stringContaining('maxOutputTokens') });
  });

  it.each<[string, Answer, Expected]>([
    ['the line is cut before an answer', { cut: true }, { code: 'overloaded', ...AGAIN }],
    ['a proxy answers in its place', { status: 502, headers: { 'content-type': 'text/html' }, body: '<html><h1>502 Bad Gateway</h1></html>' }, { code: 'overloaded', ...AGAIN }],
    ['a proxy refuses the key', { status: 401, body: 'Unauthorized' }, { code: 'auth', ...FINAL }],
    ['there is no answer at all, only its head', answer([{ end: true }]), { code: 'overloaded', ...AGAIN }],
  ])('%s', async (_what, given, expected) => {
    llm.models.script(model, given);
    expect(errorOf(await llm.run(asks(name)))).toMatchObject(expected);
  });

  it('tokens come slowly, and one by one in parts of a character', async () => {
    llm.models.script(model, answer(['Grüße', ' 🐦‍⬛ ', { comment: 'keep-alive' }, '…'], { shredTo: 3 }));
    const events = await llm.run(asks(name));
    expect(of(events, 'step_completed', 'say')).toMatchObject([{ data: { output: 'Grüße 🐦‍⬛ …' } }]);
  });
});

describe('a model that refuses, in a way of its own', () => {
  const refusal = 'I cannot help with that.';
  const item = { id: 'msg_1', type: 'message', role: 'assistant', status: 'in_progress', content: [] };
  const place = { item_id: item.id, output_index: 0, content_index: 0 };
  const RAW = {
    openai: [
      { type: 'response.output_item.added', output_index: 0, item },
      { type: 'response.content_part.added', ...place, part: { type: 'refusal', refusal: '' } },
      { type: 'response.refusal.delta', ...place, delta: refusal },
      { type: 'response.refusal.done', ...place, refusal },
      { type: 'response.output_item.done', output_index: 0, item: { ...item, status: 'completed', content: [{ type: 'refusal', refusal }] } },
    ],
    local: [{ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'llama3.2', choices: [{ index: 0, delta: { refusal }, finish_reason: null }] }],
  };

  it.each(PROVIDERS.flatMap((each) => (each.provider in RAW ? [{ ...each, raw: RAW[each.provider as keyof typeof RAW] }] : [])))('is no answer: $provider', async ({ model, name, raw }) => {
    // An object was asked for, and the same prompt would be refused again.
    for (const input of [{}, { schema: { type: 'object' } }] as JsonObject[]) {
      llm.models.script(model, answer(raw.map((event) => ({ raw: JSON.stringify(event) }))));
      expect(errorOf(await llm.run(asks(name, input)))).toMatchObject({ code: 'content_filter', ...FINAL });
    }
  });
});
