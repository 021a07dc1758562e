/** Whoever ends a step ends the request to the provider, which is shown where it counts: at the provider's socket. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Step, type WorkflowDefinition } from '../../src/contract/definition.js';
import { agent, parallel, retry, workflow } from '../../src/orchestration/definition/builder.js';
import { assertWhole, of, textOf } from '../support/assert-whole.js';
import { type EventReader } from '../support/sse.js';
import { answer, say } from '../support/model-server/script.js';
import { asks, LlmApp } from './support/llm-app.js';
import { PROVIDERS } from './support/providers.js';

let llm: LlmApp;
beforeAll(async () => {
  llm = await LlmApp.start();
});
afterEach(() => llm.reset());
afterAll(() => llm.close());

async function started(definition: WorkflowDefinition): Promise<{ id: string; reader: EventReader }> {
  const id = await llm.app.alice.start(definition);
  return { id, reader: await llm.app.alice.openExecution(id) };
}

describe.each(PROVIDERS)('a cancel drops the request to $provider', ({ model, name }) => {
  async function cancelled({ id, reader }: { id: string; reader: EventReader }): Promise<void> {
    expect((await llm.app.alice.post(`/executions/${id}/cancel`)).status).toBe(202);
    await reader.whenEnded();
    assertWhole(reader.events);
    expect(reader.events.at(-1)?.type).toBe('workflow_cancelled');
    expect(of(reader.events, 'step_failed')).toEqual([]);
  }

  it('before there is an answer', async () => {
    llm.models.script(model, { hang: true });
    const run = await started(asks(name));
    const exchange = await llm.models.arrived(model);
    expect(exchange.end).toBeUndefined();
    await cancelled(run);
    expect(await exchange.ended).toBe('client');
  });

  it('in the middle of it', async () => {
    llm.models.script(model, answer(['Once upon ', 'a time', { hang: true }]));
    const run = await started(asks(name));
    await run.reader.until(() => textOf(run.reader.events, 'say') === 'Once upon a time');
    const exchange = await llm.models.arrived(model);
    expect(exchange.end).toBeUndefined();
    await cancelled(run);
    expect(await exchange.ended).toBe('client');
  });

  it('while a tool runs, which sees it too; nothing more is asked', async () => {
    const aborted = Promise.withResolvers<void>();
    llm.lookups.answer = (_input, { signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => (aborted.resolve(), reject(new Error('aborted')))));
    llm.models.script(model, answer([{ call: 'lookup', input: { city: 'Köln' } }]));
    const run = await started(asks(name, { tools: ['lookup'] }));
    await run.reader.until((frame) => frame.data?.includes('executing_lookup') ?? false);
    await cancelled(run);
    await aborted.promise;
    expect(of(run.reader.events, 'tool_result')).toEqual([]);
    expect(llm.models.of(model)).toHaveLength(1);
  });
});

describe('a request is dropped as well', () => {
  const hangs = (name: string, model: string, more: Partial<Step> = {}): Step => ({ ...agent(name, 'llm', { input: { model, prompt: 'x' } }), ...more }) as Step;

  it('when the workflow takes too long', async () => {
    llm.models.always('gpt-5-mini', () => answer(['Once', { hang: true }]));
    // On a busy machine the time may be over before the request has come.
    for (let timeoutMs = 100; llm.models.of('gpt-5-mini').length === 0; timeoutMs *= 2) {
      const { reader } = await started({ ...workflow('late', hangs('say', 'openai/gpt-5-mini')), timeoutMs });
      await reader.whenEnded();
      expect(reader.events.at(-1)).toMatchObject({ type: 'workflow_failed', data: { error: { code: 'workflow_timeout' } } });
    }
    expect(await (await llm.models.arrived('gpt-5-mini')).ended).toBe('client');
  });

  it('when a branch beside it fails', async () => {
    llm.models.script('claude-sonnet-4-5', answer(['Once', { hang: true }]));
    const fails = Promise.withResolvers<void>();
    llm.models.script('gpt-5-mini', answer([{ until: fails.promise }, 'x', { error: 'overloaded' }]));
    const { reader } = await started(workflow('two', parallel('both', hangs('slow', 'anthropic/claude-sonnet-4-5'), hangs('broken', 'openai/gpt-5-mini'))));
    await reader.until(() => textOf(reader.events, 'both/slow') === 'Once');
    fails.resolve();
    await reader.whenEnded();
    expect(of(reader.events, 'step_cancelled', 'both/slow')).toHaveLength(1);
    expect(await (await llm.models.arrived('claude-sonnet-4-5')).ended).toBe('client');
  });

  it('when the service stops; after the restart the step runs again, and the text of the reader is exact', async () => {
    llm.models.script('gpt-5-mini', answer(['Half of ', { hang: true }]), say('All ', 'of it.'));
    const { id, reader } = await started(asks('openai/gpt-5-mini'));
    await reader.until('step_output');
    await llm.restart();
    expect(await llm.models.of('gpt-5-mini')[0]?.ended).toBe('client');
    const events = await llm.app.alice.follow(id);
    assertWhole(events);
    expect(of(events, 'workflow_resumed')).toHaveLength(1);
    expect(of(events, 'step_started', 'say').map(({ step }) => step.attempt)).toEqual([1, 2]);
    expect(textOf(events, 'say')).toBe('All of it.');
    expect(events.at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: 'All of it.' } });
  });

  it('and in the delay before a retry none is made any more', async () => {
    llm.models.script('gpt-5-mini', { fail: 'rate_limited', retryAfterSeconds: 3600 });
    const { id, reader } = await started(workflow('patient', retry('r', { maxAttempts: 2 }, hangs('say', 'openai/gpt-5-mini'))));
    await reader.until('step_retrying');
    expect((await llm.app.alice.post(`/executions/${id}/cancel`)).status).toBe(202);
    await reader.whenEnded();
    expect(reader.events.at(-1)?.type).toBe('workflow_cancelled');
    expect(llm.models.of('gpt-5-mini')).toHaveLength(1);
  });
});

describe('a request goes on', () => {
  it('when the reader goes away (P8)', async () => {
    const gone = Promise.withResolvers<void>();
    llm.models.script('gpt-5-mini', answer(['Once ', { until: gone.promise }, 'upon a time']));
    const { id, reader } = await started(asks('openai/gpt-5-mini'));
    await reader.until('step_output');
    reader.close();
    gone.resolve();
    const events = await llm.app.alice.follow(id);
    expect(events.at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: 'Once upon a time' } });
    expect(await llm.models.of('gpt-5-mini')[0]?.ended).toBe('answered');
  });
});
