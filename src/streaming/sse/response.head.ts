/** Other headers than those that Nest sends for every `@Sse` route. */
import { type OutgoingHttpHeaders, type ServerResponse } from 'node:http';

const NAME = 'Content-Type';
const EVENT_STREAM = 'text/event-stream';

type WriteHead = (status: number, headers?: OutgoingHttpHeaders) => ServerResponse;

/**
 * Puts `headers` over those of Nest's head of a stream; a head that a filter sends in its place stays as it is. Nest writes
 * an empty line right behind its head, which is nothing in an event stream and a byte too many in any other body: there it
 * is left out. Both methods are as they were once they have been called.
 */
export function replaceHead(response: ServerResponse, headers: Record<string, string>): void {
  const letHeadGo = intercept(response, 'writeHead', (writeHead): WriteHead => (status, given) => {
    letHeadGo();
    if (given?.[NAME] !== EVENT_STREAM) return (writeHead as WriteHead).call(response, status, given);
    const head = { ...given, ...headers };
    if (head[NAME] !== EVENT_STREAM) leaveFirstOut(response);
    return (writeHead as WriteHead).call(response, status, head);
  });
}

function leaveFirstOut(response: ServerResponse): void {
  const letWriteGo = intercept(response, 'write', () => () => {
    letWriteGo();
    return true;
  });
}

/** Stands a method in for another one; answers what puts that back: a middleware may have wrapped it before. */
function intercept<K extends 'writeHead' | 'write'>(response: ServerResponse, name: K, standIn: (method: ServerResponse[K]) => (...args: never[]) => unknown): () => void {
  const isWrapped = Object.hasOwn(response, name);
  const method = response[name];
  Object.defineProperty(response, name, { value: standIn(method), configurable: true, writable: true, enumerable: isWrapped });
  return () => {
    if (isWrapped) response[name] = method;
    else Reflect.deleteProperty(response, name);
  };
}
