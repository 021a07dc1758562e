import { ServerResponse } from 'node:http';
import { type Socket } from 'node:net';

/**
 * The socket of a response, where `length` bytes that are framed as a chunk already may go to it directly: a write of
 * one buffer that all readers share, where `response.write` would make four pieces of it, for each of them, and a `writev`.
 *
 * That is so while the response is as Node made it, chunked, has its turn on the connection, has nothing waiting, and
 * is not filled by them: so order and back-pressure stay the response's own. Nothing is answered for HTTP/1.0 and
 * HTTP/2, a pipelined response that waits, and one that a middleware such as `compression` has wrapped.
 */
export function idleSocketOf(response: ServerResponse, length: number): Socket | undefined {
  const { socket } = response;
  const isFree = response.write === ServerResponse.prototype.write && response.chunkedEncoding
    && socket?.writable && response.writableLength === 0 && length < response.writableHighWaterMark;
  return isFree ? socket : undefined;
}
