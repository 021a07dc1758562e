import { describe, expect, it } from '@jest/globals';
import { nearestName } from './nearest.name.js';

const KNOWN = ['LLM_MODEL', 'LLM_PROVIDERS', 'LLM_PRICES', 'LLM_LIMITS'];

describe('a name that there is not', () => {
  it.each([
    ['LLM_MODLE', 'LLM_MODEL'],
    ['LLM_PROVIDER', 'LLM_PROVIDERS'],
    ['LLM_LIMIT', 'LLM_LIMITS'],
    ['llm_price', 'LLM_PRICES'],
    ['LLMMODEL', 'LLM_MODEL'],
  ])('%s is near to %s', (name, meant) => {
    expect(nearestName(name, KNOWN)).toBe(meant);
  });

  it.each(['LLM_TEMPERATURE', 'X', '', 'STEPCAST_PORT'])('%p is near to none', (name) => {
    expect(nearestName(name, KNOWN)).toBeUndefined();
  });

  it('is as near to one as to itself', () => {
    expect(nearestName('LLM_MODEL', KNOWN)).toBe('LLM_MODEL');
    expect(nearestName('ab', [])).toBeUndefined();
  });
});
