import { Test } from '@nestjs/testing';
import { describe, expect, it } from '@jest/globals';
import { OPTION_BOUNDS, validOptions } from './options.validation.js';
import { StreamingModule } from './streaming.module.js';
import { StreamingOptions } from './streaming.options.js';

const with_ = (given: object) => () => validOptions(Object.assign(new StreamingOptions(), given));

describe('the options of the module', () => {
  it('are valid as they are by default, and at their bounds', () => {
    expect(with_({})()).toEqual(new StreamingOptions());
    for (const i of [0, 1]) {
      const given = Object.fromEntries(Object.entries(OPTION_BOUNDS).map(([name, bounds]) => [name, bounds[i]]));
      expect(with_(given)()).toMatchObject(given);
    }
  });

  it.each(Object.entries(OPTION_BOUNDS))('%s is refused beyond %j, and where it is no whole number', (name, [min, max]) => {
    for (const value of [min - 1, max + 1, min + 0.5, NaN, Infinity, String(max), null]) {
      const message = `must be a whole number from ${min} to ${max}, but is ${String(value)}`;
      expect(with_({ [name]: value })).toThrow(expect.objectContaining({ code: 'invalid_input', faults: [{ path: `/${name}`, message }], message: `the options of StreamingModule are not valid: ${name} ${message}` }));
    }
  });

  it('leave time to end what lost its right within a minute (P15)', () => {
    expect(with_({ rightsCheckMs: 60_000 })).toThrow(expect.objectContaining({ faults: [expect.objectContaining({ path: '/rightsCheckMs' })] }));
  });

  it.each(['rateLimit', 'startLimit'])('%s is refused where it is no rate', (name) => {
    expect(with_({ [name]: { points: 1, seconds: 1 } })).not.toThrow();
    for (const value of [{ points: 0, seconds: 60 }, { points: 10 }, '300/60', null]) expect(with_({ [name]: value })).toThrow(expect.objectContaining({ faults: [{ path: `/${name}`, message: expect.stringMatching(/^must be \{ points, seconds \}/) }] }));
  });

  it('of the cache are refused where they are none, and may be given in part', () => {
    expect(with_({ cache: { ttlMs: 1000, similarity: 1 } })).not.toThrow();
    for (const [cache, message] of [[{ ttlMs: 1, similarity: 2 }, /^ttlMs must .*; similarity must /], [{ ttl: 1000 }, /^ttl is not known/], [null, /^must be \{/]] as const) {
      expect(with_({ cache })).toThrow(expect.objectContaining({ faults: [{ path: '/cache', message: expect.stringMatching(message) }] }));
    }
  });

  it('stop the start of the app, with every fault in one go', async () => {
    const given = { dataDir: ':memory:', apiKeys: [{ user: 'a', key: 'b' }], heartbeatMs: 0, maxStreams: -1, rateLimit: { points: 0, seconds: 1 } };
    const modules = [StreamingModule.forRoot(given), StreamingModule.forRootAsync({ useFactory: () => given })];
    for (const module of modules) {
      await expect(Test.createTestingModule({ imports: [module] }).compile()).rejects.toMatchObject({
        code: 'invalid_input', message: expect.stringMatching(/^the options of StreamingModule are not valid: heartbeatMs must .*; maxStreams must .*; rateLimit must /),
      });
    }
  });
});
