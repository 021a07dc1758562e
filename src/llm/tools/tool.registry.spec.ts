import { describe, expect, it } from '@jest/globals';
import { type RegisteredTool, ToolRegistry } from './tool.registry.js';

const tool = (change: Partial<RegisteredTool> = {}): RegisteredTool => ({
  name: 'weather', description: 'The weather.', schema: { type: 'object' }, timeoutMs: 1000, check: () => [], handler: { execute: () => null }, ...change,
});

describe('the registry of tools', () => {
  it('gives tools by name', () => {
    const tools = new ToolRegistry();
    const [weather, other] = [tool(), tool({ name: '_other-1' })];
    tools.register(weather);
    tools.register(other);
    expect([tools.names(), tools.get('weather'), tools.get('nothing')]).toEqual([['weather', '_other-1'], weather, undefined]);
  });

  it('takes a name once', () => {
    const tools = new ToolRegistry();
    tools.register(tool());
    expect(() => tools.register(tool())).toThrow('two tools are named "weather"; rename one');
  });

  it.each<[Partial<RegisteredTool>, RegExp]>([
    [{ name: 'my tool' }, /^the tool "my tool" cannot be used:\n- \/name must be 1 to 64 letters, digits, _ or -/],
    [{ name: '1st' }, /\/name/], [{ name: 'x'.repeat(65) }, /\/name/], [{ name: '' }, /\/name/],
    [{ description: ' ' }, /\/description is missing; models choose tools by it/],
    [{ description: undefined }, /\/description is missing/],
    [{ schema: { type: 'string' } }, /\/schema must be a JSON Schema with "type": "object" at its root/],
    [{ schema: { properties: {} } }, /\/schema must be/], [{ schema: true }, /\/schema must be/], [{ schema: [] }, /\/schema must be/],
    [{ schema: { type: 'object', properties: { a: { type: 'nothing' } } } }, /\/schema\/properties\/a\/type/],
    [{ timeoutMs: 0 }, /\/timeoutMs must be a whole number from 1 to 86400000/], [{ timeoutMs: 1.5 }, /\/timeoutMs/], [{ timeoutMs: 86_400_001 }, /\/timeoutMs/],
  ])('refuses what no model could call: %j', (change, message) => {
    const tools = new ToolRegistry();
    expect(() => tools.register(tool(change))).toThrow(expect.objectContaining({ code: 'invalid_definition', message: expect.stringMatching(message) }));
    expect(tools.names()).toEqual([]);
  });
});
