/** The service as a process of its own, which finds its models by the environment, and is killed while one of them talks. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { agent, parallel, sequential, workflow } from '../../src/orchestration/definition/builder.js';
import { assertWhole, of, textOf } from '../support/assert-whole.js';
import { ModelServer } from '../support/model-server/model-server.js';
import { type Answer, answer, say } from '../support/model-server/script.js';
import { ServiceProcess } from '../support/process.js';
import { PRICE } from './support/llm-app.js';
import { PROVIDERS } from './support/providers.js';

let models: ModelServer;
let service: ServiceProcess;
beforeAll(async () => {
  models = await ModelServer.start();
  service = await ServiceProcess.start({ env: { ...models.env, LLM_MODEL: 'openai/gpt-5-mini', LLM_PRICES: JSON.stringify({ 'openai/gpt-5-mini': PRICE }) } });
});
afterEach(() => models.reset());
afterAll(async () => {
  await service.dispose();
  await models.close();
});

describe('the service', () => {
  it('calls the models of its environment, all four formats at once', async () => {
    for (const { provider, model } of PROVIDERS) models.script(model, say(`${provider} `, 'speaks.'));
    const alice = service.as('alice');
    const id = await alice.start(workflow('four', parallel('all', ...PROVIDERS.map(({ provider, name }) => agent(provider, 'llm', { input: { model: name, prompt: 'x' } })))));
    const events = await alice.follow(id);
    assertWhole(events);
    for (const { provider } of PROVIDERS) expect(textOf(events, `all/${provider}`)).toBe(`${provider} speaks.`);
    // 10 tokens in and 2 out, of the one that has a price.
    expect((await alice.status(id)).usage).toMatchObject({ inputTokens: 40, outputTokens: 8, costUsd: 0.000036 });
    expect(service.output).not.toContain(models.env['OPENAI_API_KEY']);
  });

  it('that is killed while a model talks asks it again; the reader who comes back has exactly the output', async () => {
    models.script('gpt-5-mini', answer([{ reasoning: 'So.' }, 'Half of ', 'what is lost', { hang: true }]), answer([{ reasoning: 'Well.' }, 'All ', 'of it.']));
    const definition = workflow('asks', agent('say', 'llm', { input: { prompt: 'Say something' } }), agent('after', 'echo'));
    const id = await service.as('alice').start(definition);
    const before = await service.as('alice').openExecution(id);
    await before.until(() => textOf(before.events, 'say') === 'Half of what is lost');
    await service.end('SIGKILL');
    await before.whenEnded();
    expect(await models.of('gpt-5-mini')[0]?.ended).toBe('client');
    service = await service.restart();
    const after = await service.as('alice').openExecution(id, '', { 'last-event-id': before.lastEventId ?? '' });
    await after.whenEnded();
    const events = [...before.events, ...after.events];
    assertWhole(events);
    expect(events).toEqual(await service.as('alice').follow(id));
    expect(of(events, 'step_started', 'say').map(({ step }) => step.attempt)).toEqual([1, 2]);
    expect(textOf(events, 'say')).toBe('All of it.');
    expect(events.at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: 'All of it.' } });
  });

  it('outlives all that models do: no failure of a request is left unhandled', async () => {
    const alice = service.as('alice');
    const faults: Answer[] = [
      { cut: true }, answer(['Half ', { cut: true }]), answer(['Half ', { end: true }]), answer(['Half ', { raw: '{{{' }]), answer(['Half ', { error: 'overloaded' }]),
      answer([{ error: 'overloaded' }]), answer([{ end: true }]), { fail: 'auth' }, { fail: 'rate_limited' }, { status: 502, body: '<html>' },
    ];
    for (const { model } of PROVIDERS) models.script(model, ...faults);
    const each = (provider: string, name: string) => sequential(provider, ...faults.map((_, n) => parallel(`${provider}${n}`, { onError: 'continue' }, agent(`${provider}_${n}`, 'llm', { input: { model: name, prompt: 'x' } }))));
    const events = await alice.follow(await alice.start(workflow('faults', parallel('all', ...PROVIDERS.map(({ provider, name }) => each(provider, name))))));
    expect(events.at(-1)?.type).toBe('workflow_completed');
    expect(of(events, 'step_failed').filter(({ step }) => step.type === 'agent')).toHaveLength(faults.length * PROVIDERS.length);

    for (const hanging of [{ hang: true } as const, answer(['Once ', { hang: true }]), answer([{ call: 'lookup', input: {} }, { hang: true }])]) {
      for (const { model } of PROVIDERS) models.script(model, hanging);
      const n = models.of('gpt-5-mini').length + 1;
      const id = await alice.start(workflow('hangs', parallel('all', ...PROVIDERS.map(({ provider, name }) => agent(provider, 'llm', { input: { model: name, prompt: 'x' } })))));
      const exchanges = await Promise.all(PROVIDERS.map(({ model }) => models.arrived(model, n)));
      expect((await alice.post(`/executions/${id}/cancel`)).status).toBe(202);
      for (const exchange of exchanges) expect(await exchange.ended).toBe('client');
    }
    expect((await alice.get('//health/ready')).status).toBe(200);
    expect(service.output).not.toMatch(/unhandled/i);
  });
});
