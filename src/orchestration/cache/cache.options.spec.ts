import { describe, expect, it } from '@jest/globals';
import { type AgentCacheDefault, agentCacheFaults, AgentCacheOptions, cacheOptionFaults, fullCacheOptions, parseSimilarity, rulesOf } from './cache.options.js';

const OPTIONS = Object.assign(new AgentCacheOptions(), { ttlMs: 5000, similarity: 0.9 });
const MINE = { ttlMs: 5000, shared: false, similarity: 0.9 };

describe('what holds for a step', () => {
  it.each<[string, Parameters<typeof rulesOf>[0], AgentCacheDefault | undefined, ReturnType<typeof rulesOf>]>([
    ['nothing where nobody says anything', undefined, undefined, undefined],
    ['nothing where the step says so', false, true, undefined],
    ['nothing where the agent says so and the step nothing', undefined, false, undefined],
    ['the options of the service', true, undefined, MINE],
    ['the same by the agent', undefined, true, MINE],
    ['what the step says', { ttlMs: 7, similarity: 0.5, key: 'k' }, undefined, { ttlMs: 7, shared: false, similarity: 0.5, key: 'k' }],
    ['what the agent says', undefined, { ttlMs: 7, similarity: 0.5 }, { ...MINE, ttlMs: 7, similarity: 0.5 }],
    ['what the agent says, where the step says yes', true, { ttlMs: 7 }, { ...MINE, ttlMs: 7 }],
    ['of the agent what the step leaves out', { similarity: 0.8 }, { ttlMs: 7, similarity: 0.5 }, { ...MINE, ttlMs: 7, similarity: 0.8 }],
    ['nothing of what is given as undefined', { ttlMs: undefined as never }, { ttlMs: 7 }, { ...MINE, ttlMs: 7 }],
    ['sharing without similar ones, unless it is said', { scope: 'shared' }, undefined, { ...MINE, shared: true, similarity: 1 }],
    ['sharing with similar ones where it is said', { scope: 'shared', similarity: 0.8 }, undefined, { ...MINE, shared: true, similarity: 0.8 }],
    ['sharing by the agent', undefined, { scope: 'shared' }, { ...MINE, shared: true, similarity: 1 }],
    ['sharing by the agent, where the step says yes', true, { scope: 'shared', similarity: 0.8 }, { ...MINE, shared: true, similarity: 0.8 }],
    // A definition of a user must not choose how others' results are found.
    ['no sharing by the agent where the step has terms of its own', { similarity: 0.01 }, { scope: 'shared' }, { ...MINE, similarity: 0.01 }],
    ['no sharing by the agent where the step has a key of its own', { key: 'k' }, { scope: 'shared' }, { ...MINE, similarity: 1, key: 'k' }],
    // It may be a name or a number: similar ones are others.
    ['a key word for word, unless it is said', { key: 'k' }, undefined, { ...MINE, similarity: 1, key: 'k' }],
    ['a key with similar ones where it is said', { key: 'k', similarity: 0.9 }, undefined, { ...MINE, key: 'k' }],
    ['no sharing where the step says so', { scope: 'user' }, { scope: 'shared' }, MINE],
  ])('is %s', (_what, step, agent, rules) => expect(rulesOf(step, agent, OPTIONS, true)).toEqual(rules));

  it('is, of an agent that does not say what its prompt is, the input word for word, unless it is said', () => {
    for (const [step, agent] of [[true, undefined], [undefined, true], [{ ttlMs: 5000 }, undefined]] as const) expect(rulesOf(step, agent, OPTIONS, false)).toEqual({ ...MINE, similarity: 1 });
    for (const [step, agent] of [[{ similarity: 0.8 }, undefined], [undefined, { similarity: 0.8 }], [true, { similarity: 0.8 }]] as const) expect(rulesOf(step, agent, OPTIONS, false)).toEqual({ ...MINE, similarity: 0.8 });
  });
});

describe('options', () => {
  it('have defaults that are good, and keep what is given', () => {
    expect(cacheOptionFaults(new AgentCacheOptions())).toEqual([]);
    expect(fullCacheOptions({ ttlMs: 1000, maxEntriesPerUser: undefined as never })).toEqual({ ...new AgentCacheOptions(), ttlMs: 1000 });
  });

  it.each<[object, string]>([
    [{ ttlMs: 999 }, 'ttlMs must be a whole number from 1000'], [{ ttlMs: 1.5e3 + 0.5 }, 'ttlMs must be a whole number'], [{ maxEntriesPerUser: -1 }, 'maxEntriesPerUser must be'], [{ maxBytesPerUser: NaN }, 'maxBytesPerUser must be'],
    [{ similarity: 0 }, 'similarity must be above 0'], [{ similarity: 1.1 }, 'similarity must be'], [{ similarity: '0.9' }, 'similarity must be'], [{ ttl: 1000 }, 'ttl is not known; known are ttlMs, maxEntriesPerUser, maxBytesPerUser, similarity'],
  ])('cannot be %j', (given, fault) => expect(cacheOptionFaults(given as Partial<AgentCacheOptions>)).toEqual([expect.stringContaining(fault)]));

  it('must be an object', () => {
    for (const given of [null, 1, 'x']) expect(cacheOptionFaults(given as never)).toEqual([expect.stringMatching(/^must be \{ttlMs, /)]);
  });

  it('of an agent are looked at too', () => {
    for (const good of [undefined, true, false, {}, { ttlMs: 1, scope: 'shared', similarity: 1 }] as AgentCacheDefault[]) expect(agentCacheFaults(good)).toEqual([]);
    for (const [bad, fault] of [[{ ttlMs: 0 }, 'ttlMs'], [{ scope: 'all' }, 'scope must be "user" or "shared", but is "all"'], [{ similarity: 2 }, 'similarity'], [{ key: 'x' }, 'key is not known; known are ttlMs, scope and similarity']] as const) {
      expect(agentCacheFaults(bad as AgentCacheDefault)).toEqual([expect.stringContaining(fault)]);
    }
  });

  it('read a similarity from a text', () => {
    expect(['1', '0.95', '.5', '1.0'].map(parseSimilarity)).toEqual([1, 0.95, 0.5, 1]);
    for (const bad of ['0', '1.01', '-1', '0,9', '1e-1', 'x', '', '0.']) expect(() => parseSimilarity(bad)).toThrow('must be a number above 0 and at most 1, such as 0.95');
  });
});
