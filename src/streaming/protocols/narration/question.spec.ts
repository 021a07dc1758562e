import { describe, expect, it } from '@jest/globals';
import { executionAsking } from './question.js';

describe('the id of a question', () => {
  it.each([['e1/ask#1', 'e1'], ['e1/a/b[2]/ask#12', 'e1'], ['e1/loop[3]/s/ask#1', 'e1']])('%s says which execution asks', (id, execution) => expect(executionAsking(id)).toBe(execution));

  it.each([[''], ['ask#1'], ['e1/ask'], ['e1/ask#'], ['e1/ask#1/call-1'], ['e1/ask#x'], ['e1//ask#1'], ['e1/a b#1'], ['/ask#1'], [`e1/${'a/'.repeat(2000)}a#1`]])('%s is none', (id) => expect(executionAsking(id)).toBeUndefined());
});
