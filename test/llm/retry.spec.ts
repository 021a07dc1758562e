/** What a `retry` step makes of a model's faults: what was half said is void, and the reader ends with the output (P11). */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Step } from '../../src/contract/definition.js';
import { agent, parallel, retry, workflow } from '../../src/orchestration/definition/builder.js';
import { assertWhole, of, textOf } from '../support/assert-whole.js';
import { type Answer, answer, type FaultName, say } from '../support/model-server/script.js';
import { LlmApp } from './support/llm-app.js';
import { PROVIDERS } from './support/providers.js';

let llm: LlmApp;
beforeAll(async () => {
  llm = await LlmApp.start();
});
afterEach(() => llm.reset());
afterAll(() => llm.close());

const patient = (step: Step, maxAttempts = 3) => retry(`try_${step.name}`, { maxAttempts, backoff: { delayMs: 1, jitter: false } }, step);

describe.each(PROVIDERS)('in a retry step, a model of $provider', ({ model, name }) => {
  const step = agent('say', 'llm', { input: { model: name, prompt: 'Say something' } });

  it.each<[string, Answer]>([
    ['is over its limit', { fail: 'rate_limited', retryAfterSeconds: 0 }],
    ['is overloaded', { fail: 'overloaded' }],
    ['breaks off', answer(['Half of ', 'what is void', { cut: true }])],
    ['ends too early', answer([{ reasoning: 'So.' }, 'Half of ', { end: true }])],
    ['gives up', answer(['Half of ', { error: 'overloaded' }])],
    ['stammers', answer(['Half of ', { raw: '{{{' }])],
  ])('that %s is asked again: what it had said is void, and the reader has the output', async (_what, fault) => {
    llm.models.script(model, fault, say('All ', 'of it.'));
    const events = await llm.run(workflow('patient', patient(step)));
    assertWhole(events);
    expect(of(events, 'step_retrying')).toMatchObject([{ step: { id: 'try_say/say' }, data: { attempt: 1, maxAttempts: 3, error: { retryable: true } } }]);
    expect(textOf(events, 'try_say/say')).toBe('All of it.');
    expect(events.at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: 'All of it.' } });
    expect(llm.models.of(model)).toHaveLength(2);
  });

  it.each<[string, Answer]>([
    ['breaks off', answer(['Half of ', { cut: true }])],
    ['ends too early', answer(['Half of ', { end: true }])],
  ])('that %s in mid-stream is told as overloaded', async (_what, fault) => {
    llm.models.script(model, fault);
    const events = await llm.run(workflow('impatient', step));
    expect(events.at(-1)).toMatchObject({ type: 'workflow_failed', data: { error: { code: 'overloaded', retryable: true } } });
  });

  it.each<FaultName>(['auth', 'context_length', 'content_filter', 'model_not_found'])('that will never answer is not asked again: %s', async (fail) => {
    llm.models.script(model, { fail });
    const events = await llm.run(workflow('patient', patient(step)));
    expect(of(events, 'step_retrying')).toEqual([]);
    expect(events.at(-1)?.type).toBe('workflow_failed');
    expect(llm.models.of(model)).toHaveLength(1);
  });

  it('is asked as often as the step says, and not once more by the client', async () => {
    llm.models.script(model, { fail: 'overloaded' }, { fail: 'overloaded' });
    const events = await llm.run(workflow('patient', patient(step, 2)));
    expect(of(events, 'step_failed', 'try_say/say')).toMatchObject([{ data: { error: { code: 'overloaded' } } }]);
    expect(llm.models.of(model)).toHaveLength(2);
  });
});

describe('a provider that asks to be left alone', () => {
  it('is, for as long as it says: each of the four in its own way', async () => {
    for (const { model } of PROVIDERS) llm.models.script(model, { fail: 'rate_limited', retryAfterSeconds: 1 }, say('Now.'));
    const steps = PROVIDERS.map(({ provider, name }) => patient(agent(provider, 'llm', { input: { model: name, prompt: 'x' } })));
    const events = await llm.run(workflow('patient', parallel('all', ...steps)));
    const retrying = of(events, 'step_retrying').map(({ data }) => [data.delayMs, data.error.retryAfterMs]);
    expect(retrying).toEqual(PROVIDERS.map(() => [1000, 1000]));
    expect(events.at(-1)?.type).toBe('workflow_completed');
  });
});
