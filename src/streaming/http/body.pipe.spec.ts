import { describe, expect, it } from '@jest/globals';
import { type JsonValue } from '../../contract/json.js';
import { assertEmpty, BodyPipe, ShapePipe } from './body.pipe.js';

type Name = ConstructorParameters<typeof BodyPipe>[0];

const through = (value: unknown, name: Name = 'StartBody') => new BodyPipe(name).transform(value);
const nested = (levels: number): object => {
  let value: object = {};
  for (let i = 1; i < levels; i++) value = { a: value };
  return value;
};

describe('bodies', () => {
  it.each<[string, Name, JsonValue]>([
    ['a start', 'StartBody', { input: { any: [1, null] }, sessionId: 's' }], ['a start with nothing', 'StartBody', {}], ['a run', 'RunBody', { workflow: { name: 'w' } }],
    ['an answer', 'InputBody', { stepId: 'ask', value: false }], ['a cancel', 'CancelBody', { reason: 'enough' }],
  ])('are taken with the fields of their route: %s', async (_what, name, body) => {
    expect(JSON.parse(JSON.stringify(await through(body, name)))).toEqual(body);
  });

  it('of routes that take none are empty: a field would be a wish that is not heard', () => {
    for (const body of [undefined, null, {}]) expect(() => assertEmpty(body)).not.toThrow();
    expect(() => assertEmpty({ executions: ['a'], scopes: [] })).toThrow(expect.objectContaining({ code: 'invalid_request', faults: [{ path: '/executions', message: expect.stringContaining('executions') }, { path: '/scopes', message: expect.any(String) }] }));
    for (const body of [[], JSON.parse('{"__proto__":1}'), { a: nested(64) }]) expect(() => assertEmpty(body)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
  });

  it('that are left out count as empty', async () => {
    expect(await through(undefined)).toEqual({});
    expect(await through(null)).toEqual({});
  });

  it.each<[string, Name, JsonValue, string]>([
    ['an unknown field', 'StartBody', { inputs: 1 }, '/inputs'], ['a text that is too long', 'StartBody', { sessionId: 'x'.repeat(201) }, '/sessionId'], ['a text that is none', 'StartBody', { sessionId: 7 }, '/sessionId'],
    ['no workflow', 'RunBody', {}, '/workflow'], ['a workflow that is a list', 'RunBody', { workflow: [] }, '/workflow'], ['no value', 'InputBody', {}, '/value'],
  ])('are refused with %s, and where it stands', async (_what, name, body, path) => {
    await expect(through(body, name)).rejects.toMatchObject({ code: 'invalid_request', faults: expect.arrayContaining([{ path, message: expect.any(String) }]) });
  });

  it.each([[[1]], ['text'], [7], [true]])('are objects, and not %j', async (body) => {
    for (const refused of [() => through(body), async () => new ShapePipe().transform(body)]) {
      await expect(refused()).rejects.toMatchObject({ code: 'invalid_request', faults: [{ path: '', message: 'must be an object' }] });
    }
  });

  it.each(['__proto__', 'constructor', 'prototype'])('hold no key that reaches into prototypes: %s', async (key) => {
    const body: unknown = JSON.parse(`{"input":{"list":[{"a/b":{"${key}":{"admin":true}}}]}}`);
    await expect(through(body)).rejects.toMatchObject({ code: 'invalid_request', faults: [{ path: `/input/list/0/a~1b/${key}`, message: 'is a key that is not taken' }] });
    expect(() => new ShapePipe().transform(body)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
  });

  it('are nested 64 levels deep at most; more cannot exhaust the stack', async () => {
    expect(new ShapePipe().transform(nested(64))).toBeDefined();
    expect(() => new ShapePipe().transform(nested(65))).toThrow('nested deeper than 64 levels');
    await expect(through({ input: nested(100_000) })).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('are looked at key by key, however many there are: what compares each with all others does not end in the time of a test', async () => {
    const many = Object.fromEntries(Array.from({ length: 400_000 }, (_, i) => [`k${i}`, 0]));
    expect(((await through({ input: many })) as { input?: unknown }).input).toBe(many);
  });

  it('of requests that come first, and together, are all checked', async () => {
    const pipe = new BodyPipe('CancelBody');
    const answers = await Promise.allSettled([{ reason: 'enough' }, { reason: 7 }].map((body) => pipe.transform(body)));
    expect(answers).toMatchObject([{ status: 'fulfilled', value: { reason: 'enough' } }, { status: 'rejected', reason: { code: 'invalid_request' } }]);
  });
});
