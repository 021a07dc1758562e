import { describe, expect, it } from '@jest/globals';
import { type JsonValue } from '../../contract/json.js';
import { type CacheSubject } from '../agent.js';
import { type CachedStep, keyOf } from './cache.key.js';
import { type CacheRules } from './cache.options.js';

const RULES: CacheRules = { ttlMs: 1000, shared: false, similarity: 0.9 };

function cached(input: JsonValue, more: Partial<CachedStep> = {}, subject?: (input: never) => CacheSubject | undefined): CachedStep {
  const handler = { execute: () => null, ...(subject && { cacheSubject: subject }) };
  return {
    agent: { name: 'a', handler }, step: { type: 'agent', name: 's', agent: 'a', input: { q: '{{input.q}}' } }, input, user: 'ann', workflow: 'w',
    context: { input: { q: 'x', n: 1 }, previous: null, results: {} }, again: false, ...more,
  };
}
const exact = (step: CachedStep, rules: Partial<CacheRules> = {}) => keyOf(step, { ...RULES, ...rules })?.exact;
const group = (step: CachedStep, rules: Partial<CacheRules> = {}, model = 'm') => keyOf(step, { ...RULES, ...rules })?.groupFor(model);
const other = (name: string): CachedStep => ({ ...cached('x'), agent: { name, handler: { execute: () => null } } });

describe('the key of a step', () => {
  it('is the same for the same input, in any order, in any workflow and step', () => {
    expect(exact(cached({ a: 1, b: 2 }))).toBe(exact(cached({ b: 2, a: 1 }, { workflow: 'v', step: { type: 'agent', name: 'other', agent: 'a' } })));
  });

  it.each<[string, CachedStep]>([
    ['input', cached('y')], ['input of another type', cached(['x'])], ['input that holds it as a prompt', cached({ prompt: 'x' })], ['user', cached('x', { user: 'bob' })], ['agent', other('b')],
    ['subject of the agent', cached('x', {}, () => ({ fixed: 1, prompt: 'x' }))], ['model', cached('x', {}, () => ({ model: 'm', fixed: null, prompt: 'x' }))],
  ])('differs by the %s', (_what, step) => expect(exact(step)).not.toBe(exact(cached('x'))));

  it('belongs to all where results are shared, and to no user whatever their name', () => {
    expect(exact(cached('x', { user: 'bob' }), { shared: true })).toBe(exact(cached('x'), { shared: true }));
    expect(exact(cached('x'), { shared: true })).not.toBe(exact(cached('x', { user: 'shared' })));
    expect([keyOf(cached('x'), RULES)?.owner, keyOf(cached('x', { user: 'shared' }), RULES)?.owner, keyOf(cached('x'), { ...RULES, shared: true })?.owner]).toEqual(['user:ann', 'user:shared', 'shared']);
  });

  it('has a group that differs by all but the prompt, and by the model of the vectors', () => {
    const [one, two] = [cached({ prompt: 'one', n: 1 }), cached({ n: 1, prompt: 'two' })];
    expect(group(one)).toBe(group(two));
    expect([keyOf(one, RULES)?.prompt, keyOf(cached('text'), RULES)?.prompt]).toEqual(['one', 'text']);
    expect(exact(one)).not.toBe(exact(two));
    for (const step of [cached({ prompt: 'one', n: 2 }), cached({ prompt: 'one', n: 1 }, { user: 'bob' })]) expect(group(step)).not.toBe(group(one));
    expect(group(one, {}, 'other')).not.toBe(group(one));
    expect(group(one)).not.toBe(exact(one));
  });

  it.each<[string, JsonValue]>([['a number', 7], ['null', null], ['a list', ['x']], ['an object without a prompt', { q: 'x' }], ['a prompt that is no text', { prompt: 7 }], ['a blank', ' '], ['an empty prompt', { prompt: '' }]])('has no prompt where the input is %s', (_what, input) => {
    expect(keyOf(cached(input), RULES)?.prompt).toBeUndefined();
  });

  it('is of what the agent says as JSON has it, and of a copy of the input, which may be another step\'s output', () => {
    const at = (time: number) => cached('x', {}, () => ({ fixed: { at: new Date(time) } as never }));
    expect(exact(at(1))).not.toBe(exact(at(2)));
    expect(exact(at(1))).toBe(exact(at(1)));
    const input = { tags: ['b', 'a'] };
    const sorts = (given: { tags: string[] }) => ({ fixed: given.tags.sort() });
    expect(exact(cached(input, {}, sorts))).toBe(exact(cached({ tags: ['a', 'b'] }, {}, sorts)));
    expect(input).toEqual({ tags: ['b', 'a'] });
  });

  it.each<[string, unknown]>([
    ['a promise', Promise.resolve({ fixed: 'x' })], ['nothing that is fixed', { prompt: 'x' }], ['a text', 'x'], ['what is no JSON', { fixed: 1n }], ['a prompt that is no text', { fixed: 1, prompt: 2 }], ['a model that is no text', { fixed: 1, model: {} }],
  ])('is none by %s: all inputs would be one', (_what, subject) => {
    const step = cached('x', {}, () => subject as CacheSubject);
    for (const key of [{}, { key: 'k' }]) expect(() => exact(step, key)).toThrow(expect.objectContaining({ code: 'agent_failed', message: expect.stringContaining('cacheSubject of the agent "a" must give {fixed, prompt?, model?} as JSON, and no promise of it') as unknown }));
  });

  it('is none where the agent says that nothing is to be kept', () => {
    expect(keyOf(cached('x', {}, () => undefined), RULES)).toBeUndefined();
    expect(keyOf(cached('x', {}, () => undefined), { ...RULES, key: 'k' })).toBeUndefined();
  });
});

describe('a key of the step\'s own', () => {
  const keyed = (input: JsonValue, key: string, more: Partial<CachedStep> = {}) => exact(cached(input, more), { key });

  it('stands for what the input holds, and not for the step', () => {
    expect(keyed('one', '{{input.q}}')).toBe(keyed('two', '{{input.q}}'));
    expect(keyed('one', '{{input.q}}')).not.toBe(keyed('one', '{{input.q}}', { context: { input: { q: 'y' }, previous: null, results: {} } }));
    for (const more of [{ workflow: 'v' }, { step: { type: 'agent', name: 't', agent: 'a', input: { q: '{{input.q}}' } } as const }, { step: { type: 'agent', name: 's', agent: 'a', input: { q: 'else {{input.q}}' } } as const }]) {
      expect(keyed('one', '{{input.q}}', more)).not.toBe(keyed('one', '{{input.q}}'));
    }
    const ofModel = (model: string) => exact(cached('x', {}, () => ({ model, fixed: null })), { key: 'k' });
    expect(ofModel('m')).not.toBe(ofModel('n'));
  });

  it('is the prompt that similar ones are looked for by, where it is a text', () => {
    const key = (text: string) => keyOf(cached({ prompt: 'long' }), { ...RULES, key: text });
    expect([key('about {{input.q}}')?.prompt, key('{{input.n}}')?.prompt]).toEqual(['about x', undefined]);
    expect(exact(cached('x'), { key: '{{input.n}}' })).not.toBe(exact(cached('x'), { key: '1' }));
  });
});
