import { expect, it } from '@jest/globals';
import { LruCache } from './lru-cache.js';

it('keeps what was used last, within its weight', () => {
  const cache = new LruCache<number>(10);
  cache.set('a', 1, 4);
  cache.set('b', 2, 4);
  expect(cache.get('a')).toBe(1);
  cache.set('c', 3, 4);
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([1, undefined, 3]);
});

it('weighs an entry that is set again once', () => {
  const cache = new LruCache<number>(10);
  for (let i = 0; i < 5; i++) cache.set('a', i, 6);
  cache.set('b', 9, 4);
  expect([cache.get('a'), cache.get('b')]).toEqual([4, 9]);
});

it('does not give up everything for an entry that is too heavy', () => {
  const cache = new LruCache<number>(10);
  cache.set('abc', 1);
  cache.set('x'.repeat(11), 2);
  expect([cache.get('abc'), cache.get('x'.repeat(11))]).toEqual([1, undefined]);
  cache.clear();
  expect(cache.get('abc')).toBeUndefined();
});
