import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type ServerResponse } from 'node:http';
import { type Writable } from 'node:stream';
import { type ReadyGate } from '../../journal/journal.types.js';
import { rawResponse } from '../http/http.types.js';

/**
 * Back-pressure: holds a follower until Nest has sent the headers, and whenever the response has more to send than its
 * buffer takes. Settles when the response closes, too: then nobody waits any more.
 */
export function drainGate(response: ServerResponse): ReadyGate {
  // One promise for all that wait: a connection may carry many executions.
  let waiting: Promise<void> | undefined;
  return () => {
    if (waiting) return waiting;
    if (response.destroyed || (response.headersSent && !response.writableNeedDrain)) return undefined;
    waiting = (response.headersSent ? drainOf(response) : headersOf(response)).finally(() => (waiting = undefined));
    return waiting;
  };
}

/** Resolves when it takes more again, or is closed. */
export function drainOf(response: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.once('drain', done);
    response.once('close', done);
  });
}

/** Nest sends the headers in a timer of its own, which nothing tells of. */
export function headersOf(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (response.headersSent || response.destroyed) resolve();
      else setImmediate(look);
    };
    look();
  });
}

/** The gate of the response, for the handler of a stream. */
export const Gate = createParamDecorator((_data: unknown, context: ExecutionContext) => drainGate(rawResponse(context.switchToHttp().getResponse<object>())));
