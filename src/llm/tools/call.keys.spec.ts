import { describe, expect, it } from '@jest/globals';
import { type JsonValue } from '../../contract/json.js';
import { CallKeys } from './call.keys.js';

const attempt = () => ({ idempotencyKey: 'e/s' });

describe('the idempotency key of a call', () => {
  it('is the same in every attempt, for the same tool and input, in whatever order its members are', () => {
    const keys = new CallKeys();
    const { key } = keys.take(attempt(), 'send', { to: 'ann', text: 'hi' });
    expect(key).toMatch(/^e\/s\/send\/[0-9a-f]{32}$/);
    expect(keys.take(attempt(), 'send', { text: 'hi', to: 'ann' }).key).toBe(key);
    // Nor does it hang on the process.
    expect(new CallKeys().take(attempt(), 'send', { to: 'ann', text: 'hi' }).key).toBe(key);
  });

  it.each<[string, string, JsonValue]>([['e/s', 'send', { to: 'bob' }], ['e/s', 'send', {}], ['e/s', 'sent', { to: 'ann' }], ['e/t', 'send', { to: 'ann' }]])('is another one for %s %s %j', (step, tool, input) => {
    const keys = new CallKeys();
    expect(keys.take({ idempotencyKey: step }, tool, input).key).not.toBe(keys.take(attempt(), 'send', { to: 'ann' }).key);
  });

  it('is another one for each call that is meant: made beside it, or after it has succeeded', () => {
    const keys = new CallKeys();
    const here = attempt();
    const [first, second] = [keys.take(here, 'send', {}), keys.take(here, 'send', {})];
    expect(second.key).toBe(`${first.key}/2`);
    // The same ones in the next attempt, which makes the same calls.
    const next = attempt();
    expect([keys.take(next, 'send', {}).key, keys.take(next, 'send', {}).key]).toEqual([first.key, second.key]);
  });

  it('is kept by a call that is made again after it has failed', () => {
    const keys = new CallKeys();
    const here = attempt();
    const [first] = [keys.take(here, 'send', {}), keys.take(here, 'send', {})];
    first.release();
    expect(keys.take(here, 'send', {}).key).toBe(first.key);
    expect(keys.take(here, 'send', {}).key).toBe(`${first.key}/3`);
  });
});
