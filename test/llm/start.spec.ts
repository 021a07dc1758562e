/** A model that can't be called is refused when the workflow is started, and not a minute later. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { agent, parallel, workflow } from '../../src/orchestration/definition/builder.js';
import { TestApp } from '../support/app.js';
import { asks } from './support/llm-app.js';

const NAMES = ['OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'GOOGLE_GENERATIVE_AI_API_KEY', 'LLM_MODEL', 'LLM_PROVIDERS'];
const environment = Object.fromEntries(NAMES.map((name) => [name, process.env[name]]));

let app: TestApp;
beforeAll(async () => {
  for (const name of NAMES) delete process.env[name];
  app = await TestApp.start();
});
afterAll(async () => {
  await app.close();
  for (const [name, value] of Object.entries(environment)) if (value !== undefined) process.env[name] = value;
});

const start = (body: unknown) => app.alice.post('/executions', body);

describe('without a key', () => {
  it.each([
    ['openai/gpt-5-mini', 'OPENAI_API_KEY'], ['anthropic/claude-sonnet-4-5', 'ANTHROPIC_API_KEY'], ['google/gemini-2.5-flash', 'GOOGLE_GENERATIVE_AI_API_KEY'],
  ])('%s is refused with a 400 that names %s', async (model, variable) => {
    expect(await start({ workflow: asks(model) })).toMatchObject({ status: 400, json: { code: 'model_not_configured', detail: expect.stringContaining(variable) } });
    // Wherever the step stands.
    const deep = workflow('deep', parallel('p', agent('fine', 'echo'), agent('say', 'llm', { input: { model, prompt: 'x' } })));
    expect(await start({ workflow: deep })).toMatchObject({ status: 400, json: { code: 'model_not_configured' } });
    expect(await app.alice.count()).toBe(0);
  });

  it('a step that names no model is told of LLM_MODEL', async () => {
    const definition = workflow('asks', agent('say', 'llm', { input: { prompt: 'x' } }));
    expect(await start({ workflow: definition })).toMatchObject({ status: 400, json: { code: 'model_not_configured', detail: expect.stringContaining('LLM_MODEL') } });
  });

  it('a model of nobody is refused', async () => {
    expect(await start({ workflow: asks('nobody/some-model') })).toMatchObject({ status: 400, json: { code: 'invalid_definition', detail: expect.stringContaining('LLM_PROVIDERS') } });
  });

  it('a stream is refused before its first byte (P14)', async () => {
    const reader = await app.alice.open('/executions', { method: 'POST', body: { workflow: asks('openai/gpt-5-mini') } });
    expect(reader.status).toBe(400);
    expect(reader.headers['content-type']).toContain('application/problem+json');
    expect(await reader.body()).toContain('OPENAI_API_KEY');
  });
});
