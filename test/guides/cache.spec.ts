/** The guide to the cache: its commands against the service and its app as a process, with models that a test directs. */
import { mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { tempDir } from '../support/app.js';
import { Guide } from '../support/guide.js';
import { wordVector } from '../support/model-server/embeddings.js';
import { type Exchange } from '../support/model-server/exchange.js';
import { MODEL_KEY, ModelServer } from '../support/model-server/model-server.js';
import { type Answer, answer } from '../support/model-server/script.js';
import { PastedApp } from '../support/pasted-app.js';
import { environmentOf, eventsIn, itWithShell, paste } from '../support/pasted-shell.js';
import { ServiceProcess } from '../support/process.js';

const guide = new Guide('cache');
const OF_THE_APP = 'rates';

/** What GPT-5 says to the prompts of the guide. */
function answerOf({ body }: Exchange): Answer {
  const asked = JSON.stringify(body);
  const usage = { input: 43, output: 12 };
  if (asked.includes('Spain')) return answer(['Delivery to Spain', ' takes three to five', ' working days.'], { usage });
  if (asked.includes('Peru')) return answer(['Delivery to Peru takes two weeks.'], { usage });
  if (asked.includes('Ada')) return answer(['Thank you, Ada!'], { usage });
  return { fail: 'invalid_request', message: `no answer is written for ${asked}` };
}

describe('the guide to the cache', () => {
  let home: string;
  beforeAll(() => void (home = tempDir()));
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it('has every block checked, and leads nowhere wrong', () => {
    guide.assertAllChecked();
    expect(guide.brokenLinks()).toEqual([]);
  });

  itWithShell('does what its commands say, pasted one after the other, with the service that they start', async () => {
    const models = await ModelServer.start();
    models.always('gpt-5', answerOf);
    models.embeds('nomic-embed-text', wordVector);
    mkdirSync(join(home, 'data'));
    symlinkSync(resolve('node_modules'), join(home, 'node_modules'));
    const shown = Object.assign({}, ...(await Promise.all(guide.checked('start').map(({ code }) => environmentOf(code, home))))) as Record<string, string>;
    const { LLM_MODEL, LLM_PRICES, LLM_EMBEDDING_MODEL, STEPCAST_CACHE_SIMILARITY } = shown;
    const LLM_PROVIDERS = `${shown['LLM_PROVIDERS']?.replace('http://localhost:11434/v1', models.baseUrl('local'))}|OLLAMA_KEY`;
    const service = await ServiceProcess.start({
      dataDir: join(home, 'data'),
      env: {
        LLM_MODEL, LLM_PRICES, LLM_EMBEDDING_MODEL, LLM_PROVIDERS, OLLAMA_KEY: MODEL_KEY, OPENAI_API_KEY: MODEL_KEY, OPENAI_BASE_URL: models.baseUrl('openai'),
        STEPCAST_CACHE_SIMILARITY, STEPCAST_API_KEYS: undefined,
      },
    });
    try {
      const blocks = guide.shell.filter(({ name }) => name !== OF_THE_APP);
      expect(blocks.map(({ name }) => name)).toEqual(['ask', 'key', 'similar', 'forget']);
      const out = await paste(blocks.map(({ name, code }) => ({ name, code: code.replaceAll('http://127.0.0.1:3000', service.base) })), home);
      guide.assertTold((name) => eventsIn(out[name]), ({ check }) => check[1] !== OF_THE_APP);
      expect(out['forget']).toMatch(/^204\n/);
      // The first, the thanks, the one of Peru, and the one after all was forgotten.
      expect(models.of('gpt-5')).toHaveLength(4);
      const { text } = await service.as({ 'x-api-key': readFileSync(join(home, 'data/development.key'), 'utf8') }).get('//metrics');
      expect(text).toContain('stepcast_cache_lookups_total{agent="llm",result="exact"} 2');
    } finally {
      await service.dispose();
      await models.close();
    }
  });

  itWithShell('has an app that runs as it is pasted, and shares what it says', async () => {
    const own = join(home, 'app');
    mkdirSync(own);
    const app = await PastedApp.start(guide.modules, { home: own });
    try {
      const blocks = guide.shell.filter(({ name }) => name === OF_THE_APP).map(({ name, code }) => ({ name, code: code.replaceAll('http://127.0.0.1:3000', app.base) }));
      const out = await paste(blocks, home);
      guide.assertTold((name) => eventsIn(out[name]), ({ check }) => check[1] === OF_THE_APP);
    } finally {
      await app.dispose();
    }
  });
});
