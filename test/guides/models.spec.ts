/** The guide to language models: its commands against the service and its app as a process, with a provider that a test directs. */
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { agent, workflow } from '../../src/orchestration/definition/builder.js';
import { tempDir } from '../support/app.js';
import { type Client } from '../support/client.js';
import { Guide } from '../support/guide.js';
import { type Exchange } from '../support/model-server/exchange.js';
import { MODEL_KEY, ModelServer } from '../support/model-server/model-server.js';
import { type Answer, answer, say } from '../support/model-server/script.js';
import { PastedApp } from '../support/pasted-app.js';
import { answersIn, environmentOf, eventsIn, itWithShell, paste } from '../support/pasted-shell.js';
import { ServiceProcess } from '../support/process.js';

const guide = new Guide('models');
/** Blocks that are for the app, and not for the service. */
const OF_THE_APP = new Set(['app', 'greeting']);
const USAGE = { input: 120, output: 15 };

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

/** What GPT-5 says to the prompts of the guide. */
function answerOf(seaTries: { n: number }): (exchange: Exchange) => Answer {
  return ({ body }) => {
    const asked = JSON.stringify(body);
    if (asked.includes('So is 1 one of them?')) return answer(['No: ', '1 has only one divisor.'], { usage: USAGE });
    if (asked.includes('title of at most five words')) return answer(['One is no prime'], { usage: USAGE });
    if (asked.includes('Read this invoice')) return answer([{ json: { customer: 'Rosa Luz', total: 1298 } }]);
    if (asked.includes('Why is the sea salty?')) return ++seaTries.n === 1 ? answer(['Because of ', { end: true }]) : say('Rivers carry ', 'salts into it.');
    if (asked.includes('Write a novel')) return { hang: true };
    return { fail: 'invalid_request', message: `no answer is written for ${asked}` };
  };
}

describe('the guide to models', () => {
  it('has every block checked, and leads nowhere wrong', () => {
    guide.assertAllChecked();
    expect(guide.brokenLinks()).toEqual([]);
  });

  describe('with the service that its commands start', () => {
    let service: ServiceProcess;
    let dev: Client;

    beforeAll(async () => {
      mkdirSync(join(home, 'data'));
      symlinkSync(resolve('node_modules'), join(home, 'node_modules'));
      const shown = Object.assign({}, ...(await Promise.all(guide.checked('start').map(({ code }) => environmentOf(code, home))))) as Record<string, string>;
      // The providers are here, and take the key that they take; the names are those of the guide.
      const own = shown['LLM_PROVIDERS']?.replace('http://localhost:11434/v1', models.baseUrl('local')).replace('https://vllm.example/v1', models.baseUrl('local'));
      expect(own?.match(/127\.0\.0\.1/g)).toHaveLength(2);
      const { LLM_MODEL, LLM_PRICES } = shown;
      service = await ServiceProcess.start({
        dataDir: join(home, 'data'),
        env: { LLM_MODEL, LLM_PRICES, LLM_PROVIDERS: own, OPENAI_API_KEY: MODEL_KEY, VLLM_KEY: MODEL_KEY, OPENAI_BASE_URL: models.baseUrl('openai'), STEPCAST_API_KEYS: undefined },
      });
      dev = service.as({ 'x-api-key': readFileSync(join(home, 'data/development.key'), 'utf8') });
    });
    afterAll(async () => {
      await service.end();
      await service.dispose();
    });

    itWithShell('does what its commands say, pasted one after the other', async () => {
      models.always('gpt-5', answerOf({ n: 0 }));
      models.always('qwen/qwen3-8b', () => say('Hello'));
      for (const { path, code } of guide.saved) writeFileSync(join(home, path), code);
      const blocks = guide.shell.filter(({ name }) => !OF_THE_APP.has(name));
      expect(blocks.map(({ name }) => name)).toEqual(['first', 'refused', 'chat', 'invoice', 'usage', 'retry', 'cancel', 'own']);
      const out = await paste(blocks.map(({ name, code }) => ({ name, code: code.replaceAll('http://127.0.0.1:3000', service.base) })), home);
      const written = (name: string): unknown[] => (OF_THE_APP.has(name) ? [] : ['refused', 'usage'].includes(name) ? answersIn(out[name]) : eventsIn(out[name]));
      guide.assertTold(written, ({ check }) => !OF_THE_APP.has(check[1] as string));
      expect(eventsIn(out['chat']).at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: 'One is no prime' } });
      expect(eventsIn(out['own']).at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: 'Hello' } });
      // The conversation came to the model as it stands in the file.
      const asked = models.of('gpt-5').map(({ body }) => JSON.stringify(body)).find((body) => body.includes('So is 1 one of them?'));
      expect(asked).toMatch(/You are a patient tutor.*What is a prime number.*A number greater than 1/);
    });

    it('fails as its table says', async () => {
      const failures: [string, Answer, object?][] = [
        ['auth', { fail: 'auth' }], ['limit', { fail: 'rate_limited' }], ['quota', { fail: 'quota' }], ['long', { fail: 'context_length' }], ['filtered', { fail: 'content_filter' }],
        ['busy', { fail: 'overloaded' }], ['unknown', { fail: 'model_not_found' }], ['wrong', { fail: 'invalid_request' }], ['garbled', { pieces: [{ raw: '{"type": ' }] }],
        ['shapeless', say('no object'), { schema: { type: 'object' } }],
      ];
      const seen: string[] = [];
      for (const [model, failure, more] of failures) {
        models.script(model, failure);
        const events = await dev.follow(await dev.start(workflow('fails', agent('ask', 'llm', { input: { model: `openai/${model}`, prompt: 'Hello', ...more } }))));
        const end = events.at(-1);
        if (end?.type !== 'workflow_failed') throw new Error(`${model} ended with ${JSON.stringify(end)}`);
        seen.push(`${end.data.error.code} ${end.data.error.retryable ? 'yes' : 'no'}`);
      }
      const told = guide.table('failures').map(([code = '', , again = '']) => `${code.replaceAll('`', '')} ${/^\w+/.exec(again)?.[0]}`);
      expect(new Set(seen)).toEqual(new Set(told));
    });
  });

  itWithShell('has an app that runs as it is pasted: with no key, and with a model that calls its tool', async () => {
    const folder = tempDir();
    const models: [string, Record<string, string>][] = [['demo/writer', {}], ['openai/gpt-app', { LLM_MODEL: 'openai/gpt-app' }]];
    for (const [model, env] of models) {
      const app = await PastedApp.start(guide.modules, { home: folder, env: { ...providerEnv(), ...env } });
      try {
        const blocks = guide.shell.filter(({ name }) => OF_THE_APP.has(name)).map(({ name, code }) => ({ name, code: code.replaceAll('http://127.0.0.1:3000', app.base) }));
        const out = await paste(blocks, folder);
        guide.assertTold((name) => eventsIn(out[name]), ({ check }) => check[1] === 'app');
        expect([model, answersIn(out['greeting'])]).toEqual([model, [{ greeting: expect.stringMatching(/\w/) }]]);
      } finally {
        await app.dispose();
      }
    }
    rmSync(folder, { recursive: true, force: true });
  });

  /** A model that calls the tool, and answers with what that says. */
  function providerEnv(): Record<string, string> {
    models.always('gpt-app', ({ body }) => {
      const asked = JSON.stringify(body);
      if (asked.includes('Greet our customers')) return say('Hello and welcome to us');
      return asked.includes('function_call_output') ? say('We are ', 'closed.') : answer([{ call: 'opening_hours', input: { day: 'sunday' } }]);
    });
    return { OPENAI_API_KEY: MODEL_KEY, OPENAI_BASE_URL: models.baseUrl('openai') };
  }
});
