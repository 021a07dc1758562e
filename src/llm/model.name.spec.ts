import { describe, expect, it } from '@jest/globals';
import { parseModelName } from './model.name.js';

describe('the name of a model', () => {
  it.each([
    ['openai/gpt-5', 'openai', 'gpt-5'],
    ['ollama/library/llama3:8b', 'ollama', 'library/llama3:8b'],
    ['openai/ft:gpt-4o-mini-2024-07-18:acme::Ab12', 'openai', 'ft:gpt-4o-mini-2024-07-18:acme::Ab12'],
    ['anthropic/claude-sonnet-4-5@20250929', 'anthropic', 'claude-sonnet-4-5@20250929'],
    ['my_vllm-2/Qwen/Qwen2.5-7B-Instruct', 'my_vllm-2', 'Qwen/Qwen2.5-7B-Instruct'],
  ])('%s is provider and model', (name, provider, model) => {
    expect(parseModelName(name)).toEqual({ provider, model });
  });

  it.each(['', 'gpt-5', '/gpt-5', 'openai/', 'OpenAI/gpt-5', 'openai/../files', 'google/a/../../v1', 'google/a/..', 'google/a/./b', 'openai/a b', 'openai/a?key=1', 'openai/a#b', 'openai/a%2e', 'openai//a', `openai/${'a'.repeat(200)}`])(
    '%j is none: it could lead to another address',
    (name) => expect(parseModelName(name)).toBeUndefined(),
  );
});
