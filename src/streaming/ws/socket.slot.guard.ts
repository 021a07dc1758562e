import { Injectable } from '@nestjs/common';
import { type HttpAnswer } from '../../rate-limit/rate-limit.headers.js';
import { StreamSlotGuard } from '../guards/stream.guard.js';
import { rawResponse } from '../http/http.types.js';

/** Takes one place among the user's open streams for a WebSocket, whatever it carries, until its connection is closed. */
@Injectable()
export class SocketSlotGuard extends StreamSlotGuard {
  /** The response of a handshake is let go of, and its connection goes on. */
  protected override whenOver(response: HttpAnswer, release: () => void): void {
    const { socket } = rawResponse(response);
    if (!socket || socket.destroyed) release();
    else socket.once('close', release);
  }
}
