import { isObject, type JsonObject, type JsonValue } from '../contract/json.js';
import { type CacheSubject } from '../orchestration/agent.js';

/** What the configuration and the code make of names in an input. */
export interface Named {
  /** Where the model is asked, where somebody has set that: another server may have another model of that name. */
  addressOf?: (model: string) => string | undefined;
  /** What a model is told of the tool. */
  toolOf?: (name: string) => JsonValue | undefined;
}

/**
 * What the answer of a model depends on: itself, all that it is given, and the prompt, which is that of the input or the
 * last message of its conversation, where that is a text of the user.
 *
 * @param input As the step is given it; what it is worth is judged when it runs.
 */
export function llmSubject(input: JsonValue, defaultModel: string | undefined, { addressOf, toolOf }: Named = {}): CacheSubject {
  const given: JsonObject = isObject(input) ? input : { prompt: input };
  const { model = defaultModel, prompt, messages, ...rest } = given;
  const address = typeof model === 'string' ? addressOf?.(model) : undefined;
  const named = typeof model === 'string' ? { model: address === undefined ? model : `${model} at ${address}` } : {};
  if (Array.isArray(rest['tools'])) rest['tools'] = rest['tools'].map((name) => (typeof name === 'string' ? toolOf?.(name) : undefined) ?? name);
  if (typeof prompt === 'string' && messages === undefined) return { ...named, fixed: rest, prompt };
  const last = Array.isArray(messages) ? messages.at(-1) : undefined;
  if (prompt === undefined && isUserText(last)) return { ...named, fixed: { ...rest, messages: (messages as JsonValue[]).slice(0, -1) }, prompt: last.content };
  return { ...named, fixed: { ...rest, ...(prompt === undefined ? {} : { prompt }), ...(messages === undefined ? {} : { messages }) } };
}

function isUserText(message: JsonValue | undefined): message is { role: 'user'; content: string } {
  if (!isObject(message)) return false;
  // With anything else in it, it is refused when it runs.
  return message['role'] === 'user' && typeof message['content'] === 'string' && Object.keys(message).length === 2;
}
