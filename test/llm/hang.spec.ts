/**
 * Models that fall silent: their request is dropped after a time, which the time of tools is no part of. On a busy machine a
 * model that answers well may be taken for silent too, so each is asked as often as it takes.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { agent, parallel, retry, workflow } from '../../src/orchestration/definition/builder.js';
import { of, textOf } from '../support/assert-whole.js';
import { type Answer, answer, say } from '../support/model-server/script.js';
import { LlmApp } from './support/llm-app.js';
import { PROVIDERS } from './support/providers.js';

const IDLE_MS = 400;
const BACKOFF = { maxAttempts: 10, backoff: { delayMs: 1, jitter: false } };

let llm: LlmApp;
beforeAll(async () => {
  llm = await LlmApp.start({ idleTimeoutMs: IDLE_MS });
});
afterEach(() => llm.reset());
afterAll(() => llm.close());

const asking = (name: string, model: string, input = {}) => retry(`try_${name}`, BACKOFF, agent(name, 'llm', { input: { model, prompt: 'Say something', ...input } }));

describe('a model that hangs', () => {
  it.each<[string, Answer]>([
    ['before its answer', { hang: true }],
    ['in the middle of it', answer(['Half of ', { hang: true }])],
  ])('%s loses its request, and is asked again', async (_when, hanging) => {
    for (const { model } of PROVIDERS) {
      llm.models.script(model, hanging);
      llm.models.always(model, () => say('All of it.'));
    }
    const events = await llm.run(workflow('patient', parallel('all', ...PROVIDERS.map(({ provider, name }) => asking(provider, name)))));
    for (const { provider, model } of PROVIDERS) {
      const id = `all/try_${provider}/${provider}`;
      expect(of(events, 'step_retrying', id)[0]).toMatchObject({ data: { error: { code: 'overloaded', retryable: true } } });
      expect(textOf(events, id)).toBe('All of it.');
      expect(await llm.models.of(model)[0]?.ended).toBe('client');
    }
    expect(events.at(-1)?.type).toBe('workflow_completed');
  });
});

describe('no silence of the model is', () => {
  it('the time that a tool takes', async () => {
    // Longer than the model may be silent: it is the tool that is waited for.
    llm.lookups.answer = () => new Promise((resolve) => setTimeout(() => resolve('late'), 2 * IDLE_MS));
    llm.models.always('gpt-5-mini', ({ body }) => (JSON.stringify(body).includes('late') ? say('Fine.') : answer([{ call: 'lookup', input: { city: 'Köln' } }])));
    const events = await llm.run(workflow('tool', asking('say', 'openai/gpt-5-mini', { tools: ['lookup'] })));
    expect(events.at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: 'Fine.' } });
  });
});
