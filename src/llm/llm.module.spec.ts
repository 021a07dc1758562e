import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer } from '../../test/support/client.js';
import { TestApp } from '../../test/support/app.js';
import { type JsonObject } from '../contract/json.js';
import { llmOptionsOf } from './llm.options.merged.js';
import { LlmOptions } from './llm.options.js';
import { Tool } from './tools/tool.js';

@Tool({ name: 'weather', description: 'The weather in a city' })
class Weather {
  execute(): string {
    return 'fair';
  }
}

describe('an app with models', () => {
  let app: TestApp;
  beforeAll(async () => {
    // Not by the environment of whoever runs this.
    const options = llmOptionsOf({}, { OPENAI_API_KEY: 'k' });
    app = await TestApp.start({ providers: [Weather], override: (builder) => builder.overrideProvider(LlmOptions).useValue(options) });
  });
  afterAll(() => app.close());

  const start = (input: JsonObject): Promise<Answer> =>
    app.alice.post('/executions', { workflow: { name: 'w', steps: [{ type: 'agent', name: 'ask', agent: 'llm', input }] } });

  it('answers 400 to the start of a workflow whose model has no key, and names the variable', async () => {
    expect((await start({ model: 'anthropic/claude-x', prompt: 'hi' })).json).toMatchObject({ status: 400, code: 'model_not_configured', detail: expect.stringContaining('ANTHROPIC_API_KEY') });
    expect((await start({ prompt: 'hi' })).json).toMatchObject({ status: 400, code: 'model_not_configured', detail: expect.stringContaining('LLM_MODEL') });
  });

  it('answers 400 with every fault of the input and its path, and none for a tool that the app has', async () => {
    const { status, json } = await start({ model: 'openai/x', prompt: 'hi', tools: ['weather', 'teleport'], schema: { type: 'list' } });
    expect({ status, code: json.code }).toEqual({ status: 400, code: 'invalid_definition' });
    expect((json.errors as { path: string }[]).map(({ path }) => path)).toEqual(['/workflow/steps/0/input/tools/1', '/workflow/steps/0/input/schema']);
  });

  it('makes no execution of what it refuses', async () => {
    await start({ prompt: 'hi' });
    expect((await app.alice.get('/executions')).json.executions).toEqual([]);
  });
});
