import { type JsonObject, type JsonValue } from '../contract/json.js';
import { type CacheSubject } from '../orchestration/agent.js';

/**
 * What the answer of a model depends on: itself, all that it is given, and the prompt, which is that of the input or the
 * last message of its conversation, where that is a text of the user.
 *
 * @param input As the step is given it; what it is worth is judged when it runs.
 */
export function llmSubject(input: JsonValue, defaultModel: string | undefined): CacheSubject {
  const given: JsonObject = input !== null && typeof input === 'object' && !Array.isArray(input) ? input : { prompt: input };
  const { model = defaultModel, prompt, messages, ...rest } = given;
  const named = typeof model === 'string' ? { model } : {};
  if (typeof prompt === 'string') return { ...named, fixed: { ...rest, ...(messages === undefined ? {} : { messages }) }, prompt };
  const last = Array.isArray(messages) ? messages.at(-1) : undefined;
  if (prompt === undefined && isUserText(last)) return { ...named, fixed: { ...rest, messages: (messages as JsonValue[]).slice(0, -1) }, prompt: last.content };
  return { ...named, fixed: given };
}

function isUserText(message: JsonValue | undefined): message is { role: 'user'; content: string } {
  return message !== null && typeof message === 'object' && !Array.isArray(message) && message['role'] === 'user' && typeof message['content'] === 'string';
}
