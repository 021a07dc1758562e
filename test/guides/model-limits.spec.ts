/** The guide to limits on models: its commands against the service and its app as a process, with providers that a test directs. */
import { mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { llmOptionsFrom } from '../../src/llm/llm.env.js';
import { tempDir } from '../support/app.js';
import { Guide } from '../support/guide.js';
import { type Exchange } from '../support/model-server/exchange.js';
import { MODEL_KEY, ModelServer } from '../support/model-server/model-server.js';
import { answer, say } from '../support/model-server/script.js';
import { PastedApp } from '../support/pasted-app.js';
import { environmentOf, eventsIn, itWithShell, paste } from '../support/pasted-shell.js';
import { eventually } from '../support/patience.js';
import { ServiceProcess } from '../support/process.js';

const guide = new Guide('model-limits');
const OF_THE_APP = 'app';
/** On a busy machine three seconds may not be enough for what somebody sees within them. */
const patient = (code: string) => code.replaceAll('--max-time 3', '--max-time 6');

let models: ModelServer;
let home: string;
beforeAll(async () => {
  models = await ModelServer.start();
  home = tempDir();
});
afterAll(async () => {
  await models.close();
  rmSync(home, { recursive: true, force: true });
});

describe('the guide to limits on models', () => {
  it('has every block checked, and leads nowhere wrong', () => {
    guide.assertAllChecked();
    expect(guide.brokenLinks()).toEqual([]);
  });

  it('starts the service with limits that it understands', async () => {
    const shown = await Promise.all(guide.checked('start').map(({ code }) => environmentOf(code, home)));
    const limits = shown.map(({ LLM_LIMITS, LLM_PROVIDERS }) => llmOptionsFrom({ LLM_LIMITS, LLM_PROVIDERS }));
    expect(limits).toMatchObject([
      { faults: [], options: { limits: { openai: { requestsPerMinute: 500, tokensPerMinute: 200_000, concurrency: 2, perUser: { requestsPerMinute: 3 } }, anthropic: { breaker: { failures: 3, openMs: 30_000 } }, '*': { concurrency: 8 } } } },
      { faults: [], options: { limits: { ollama: { concurrency: 1 } } } },
    ]);
  });

  itWithShell('does what its commands say, pasted one after the other, with the service that they start', async () => {
    mkdirSync(join(home, 'data'));
    symlinkSync(resolve('node_modules'), join(home, 'node_modules'));
    const { LLM_MODEL, LLM_LIMITS } = await environmentOf(guide.checked('start')[0]?.code as string, home);
    const service = await ServiceProcess.start({ dataDir: join(home, 'data'), env: { ...models.env, LLM_MODEL, LLM_LIMITS, STEPCAST_API_KEYS: undefined } });
    try {
      const dev = service.as({ 'x-api-key': readFileSync(join(home, 'data/development.key'), 'utf8') });
      // The first two have answered when the third waits.
      const waits = Promise.withResolvers<void>();
      models.always('gpt-5', () => answer([{ until: waits.promise }, 'Rain ', 'is water.']));
      models.always('claude-sonnet-4-5', () => ({ fail: 'overloaded' }));
      const seen = eventually(async () => /^stepcast_model_requests_waiting\{provider="openai"\} 1$/m.test((await dev.get('//metrics')).text), 'a request that waits').then(() => waits.resolve());
      const blocks = guide.shell.filter(({ name }) => name !== OF_THE_APP);
      expect(blocks.map(({ name }) => name)).toEqual(['together', 'wait', 'cancel', 'down']);
      const [out] = await Promise.all([paste(blocks.map(({ name, code }) => ({ name, code: patient(code.replaceAll('http://127.0.0.1:3000', service.base)) })), home), seen]);
      guide.assertTold((name) => eventsIn(out[name]), ({ check }) => check[1] !== OF_THE_APP);
      expect(eventsIn(out['down']).filter(({ type }) => type === 'step_failed')).toHaveLength(4);
      // No request was sent of what was cancelled, nor to the provider that was down.
      expect(models.of('gpt-5')).toHaveLength(3);
      expect(models.of('claude-sonnet-4-5')).toHaveLength(3);
    } finally {
      await service.end();
      await service.dispose();
    }
  });

  itWithShell('has an app that runs as it is pasted, whose own agent passes the limits', async () => {
    models.always('gpt-5', ({ body }: Exchange) => (JSON.stringify(body).includes('Into French: Good morning') ? say('Bon', 'jour') : { fail: 'invalid_request' }));
    const folder = tempDir();
    const app = await PastedApp.start(guide.modules, { home: folder, env: { OPENAI_API_KEY: MODEL_KEY, OPENAI_BASE_URL: models.baseUrl('openai') } });
    try {
      const before = models.of('gpt-5').length;
      const out = await paste(guide.shell.filter(({ name }) => name === OF_THE_APP).map(({ name, code }) => ({ name, code: patient(code.replaceAll('http://127.0.0.1:3000', app.base)) })), folder);
      guide.assertTold((name) => eventsIn(out[name]), ({ check }) => check[1] === OF_THE_APP);
      expect(models.of('gpt-5').length - before).toBe(1);
    } finally {
      await app.dispose();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
