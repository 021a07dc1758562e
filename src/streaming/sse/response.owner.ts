/** Takes the response of an `@Sse` route out of Nest's hands, once Nest has sent its headers. */
import { type Readable } from 'node:stream';
import { type CanActivate, type ExecutionContext, Injectable, SSE_ABORT_CONTROLLER } from '@nestjs/common';
import { type HttpRequest, rawResponse, requestOf } from '../http/http.types.js';
import { protocolHeaders } from '../protocols/protocol.request.js';
import { replaceHead } from './response.head.js';

/**
 * Nest pipes a stream of its own into the response, which would end the response with itself: that pipe is cut as soon
 * as it is laid, which is before the interceptors are asked. So a route with this guard ends its response itself.
 */
@Injectable()
export class OwnResponseGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const response = rawResponse(context.switchToHttp().getResponse<object>());
    response.once('pipe', (nests: Readable) => nests.unpipe(response));
    const headers = protocolHeaders(requestOf(context).streamRequest?.protocol);
    // Nest would keep every connection, also where the client reads to its end (RFC 9112, section 9.6).
    if (response.shouldKeepAlive === false) headers['Connection'] = 'close';
    if (Object.keys(headers).length > 0) replaceHead(response, headers);
    return true;
  }
}

interface Handled extends HttpRequest {
  next?: unknown;
  [SSE_ABORT_CONTROLLER]?: unknown;
}

/**
 * Lets go of what a request holds for its handling, now that it is handled: the request stays for as long as its
 * response is open. Nest's controller has been aborted and keeps the stack of that, `next` Express's way through its
 * routes. Set and not deleted, which would make a dictionary of the request.
 */
export function forgetHandling(request: Handled): void {
  request[SSE_ABORT_CONTROLLER] = request.next = request.execution = request.executions = undefined;
  const { raw } = request as { raw?: Handled };
  if (raw) raw[SSE_ABORT_CONTROLLER] = undefined;
}
