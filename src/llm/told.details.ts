/** Where an answer, or an event of a stream, says what went wrong: each provider and gateway puts it elsewhere. */
import { isObject } from '../contract/json.js';

/** @param error Of the SDK: `data` is what it has understood, `responseBody` all there was. Empty where nothing is told. */
export function detailsOf({ data, responseBody }: { data?: unknown; responseBody?: unknown }): Record<string, unknown> {
  return data === undefined ? ofBody(responseBody) : (inner(data) ?? {});
}

/** The object with code and type: that of an answer, of an event `response.failed`, or the event `error` itself. */
function inner(told: unknown): Record<string, unknown> | undefined {
  if (!isObject(told)) return undefined;
  if (isObject(told['error'])) return told['error'];
  if (isObject(told['response']) && isObject(told['response']['error'])) return told['response']['error'];
  return told['type'] === 'error' ? told : undefined;
}

/** Of an answer in a form that the SDK does not know: within a list, as a text, or without an `error` around it. */
function ofBody(body: unknown): Record<string, unknown> {
  const json = jsonOf(body);
  const told: unknown = Array.isArray(json) ? json[0] : json;
  if (!isObject(told)) return {};
  return inner(told) ?? { ...told, message: [told['message'], told['error'], told['detail']].find((words) => typeof words === 'string') };
}

function jsonOf(text: unknown): unknown {
  try {
    return typeof text === 'string' ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}
