import { describe, expect, it } from '@jest/globals';
import { type LanguageModel } from 'ai';
import { Clock } from '../../orchestration/clock.js';
import { LlmOptions } from '../llm.options.js';
import { LimitsObserver } from './limits.observer.js';
import { ModelLimits } from './model.limits.js';

const NAME = { provider: 'acme', model: 'm' };
const MODEL = { specificationVersion: 'v4', provider: 'acme', modelId: 'm', supportedUrls: {} } as unknown as LanguageModel;
const options = () => Object.assign(new LlmOptions(), { limits: { acme: { concurrency: 1 } } });

describe('the gates of providers', () => {
  it('are made with the first model of each, and one for all of its models', async () => {
    const watched: string[] = [];
    const observer = Object.assign(new LimitsObserver(), { watch: (provider: string) => void watched.push(provider) });
    const limits = new ModelLimits(options(), new Clock(), observer);
    await Promise.all([limits.limit(NAME, MODEL), limits.limit({ ...NAME, model: 'n' }, MODEL)]);
    expect(watched).toEqual(['acme']);
  });

  it('that could not be made are made anew by the next call', async () => {
    let tries = 0;
    const observer = Object.assign(new LimitsObserver(), {
      watch: () => {
        if (++tries === 1) throw new Error('no memory');
      },
    });
    const limits = new ModelLimits(options(), new Clock(), observer);
    await expect(limits.limit(NAME, MODEL)).rejects.toThrow('no memory');
    await expect(limits.limit(NAME, MODEL)).resolves.toMatchObject({ modelId: 'm' });
    expect(tries).toBe(2);
  });
});
