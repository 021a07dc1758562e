import { describe, expect, it } from '@jest/globals';
import { estimateTokens } from './token.estimate.js';

describe('the tokens of a request', () => {
  it('are a quarter of its characters, and what the answer may have', () => {
    expect(estimateTokens({ prompt: [{ role: 'user', content: [{ type: 'text', text: 'x'.repeat(400) }] }], maxOutputTokens: 50 })).toBe(150);
  });

  it('are 1,000 for an answer that has no bound', () => {
    expect(estimateTokens({ prompt: [{ role: 'system', content: 'x'.repeat(40) }] })).toBe(1010);
  });

  it('count tools, schemas, calls and results, and files by their number', () => {
    const base = { prompt: [{ role: 'user' as const, content: [{ type: 'text' as const, text: '' }] }], maxOutputTokens: 1 };
    const tools = [{ type: 'function' as const, name: 'weather', inputSchema: { type: 'object' as const } }];
    expect(estimateTokens({ ...base, tools })).toBe(1 + Math.ceil(JSON.stringify(tools).length / 4));
    const responseFormat = { type: 'json' as const, schema: { type: 'object' as const } };
    expect(estimateTokens({ ...base, responseFormat })).toBe(1 + Math.ceil(JSON.stringify(responseFormat).length / 4));
    const called = { type: 'tool-call' as const, toolCallId: 'c', toolName: 'weather', input: { city: 'Rome' } };
    expect(estimateTokens({ ...base, prompt: [{ role: 'assistant', content: [called] }] })).toBe(1 + Math.ceil(JSON.stringify(called).length / 4));
    const file = { type: 'file' as const, mediaType: 'image/png', data: { type: 'data' as const, data: 'A'.repeat(1_000_000) } };
    expect(estimateTokens({ ...base, prompt: [{ role: 'user', content: [file] }] })).toBe(1001);
  });
});
