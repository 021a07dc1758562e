/**
 * What goes on over one open WebSocket: what its client asks for, and what it follows.
 *
 * Requests are handled in the order they come, so that an `unsubscribe` never overtakes its `subscribe`; cancels and inputs,
 * which may take long, are begun in that order and not waited for. While too many are not answered yet, none are read.
 */
import { type Duplex } from 'node:stream';
import { type WebSocket } from 'ws';
import { type StreamMetrics } from '../../metrics/stream.metrics.js';
import { StreamEnd } from '../sse/stream.end.js';
import { type StreamRights } from '../sse/stream.rights.js';
import { type StreamShutdown } from '../sse/stream.shutdown.js';
import { type StreamingOptions } from '../streaming.options.js';
import { CLOSINGS } from './socket.close.js';
import { answerTo, errorMessage, type SocketDesk, type SocketUser } from './socket.desk.js';
import { type LineOwner, SocketLine } from './socket.line.js';
import { readMessage, type ReadMessage, type RequestId, type SocketRequest } from './socket.requests.js';
import { SocketSubscriptions } from './socket.subscriptions.js';

/** What all sockets share. */
export interface SocketDeps {
  desk: SocketDesk;
  options: StreamingOptions;
  metrics: StreamMetrics;
  rights: StreamRights;
  shutdown: StreamShutdown;
}

/** Requests of a socket that may be waiting for their answers. */
const MAX_WAITING = 32;

export class SocketSession implements LineOwner {
  private readonly line: SocketLine;
  private readonly subscriptions: SocketSubscriptions;
  private order: Promise<void> = Promise.resolve();
  private unanswered = 0;

  constructor(
    ws: WebSocket,
    socket: Duplex,
    private readonly user: SocketUser,
    private readonly deps: SocketDeps,
  ) {
    const { desk, options, metrics, rights, shutdown } = deps;
    this.line = new SocketLine(ws, socket, options, metrics, this);
    this.subscriptions = new SocketSubscriptions(this.line, desk, metrics, user, () => this.end());
    rights.watch(user.principal, this.end);
    shutdown.ends.add(this.end);
    if (shutdown.begun) this.end();
  }

  receive(text: string): void {
    if (++this.unanswered >= MAX_WAITING) this.line.hold('busy');
    this.order = this.order.then(() => this.handle(text));
  }

  heartbeat(): object {
    return { type: 'heartbeat', cursors: this.subscriptions.cursors() };
  }

  untold(): object[] {
    return this.subscriptions.untold();
  }

  closed(): void {
    this.deps.rights.unwatch(this.user.principal, this.end);
    this.deps.shutdown.ends.delete(this.end);
    this.subscriptions.endAll();
  }

  /** Says goodbye: why, where the right to go on is lost, and where filters have moved the cursors. */
  private readonly end = (why?: StreamEnd): void => {
    for (const message of this.untold()) this.line.say(message);
    if (why) this.line.say(errorMessage(why));
    this.line.close(why?.code === 'unauthenticated' || why?.code === 'authentication_unavailable' ? CLOSINGS[why.code] : CLOSINGS.shutdown);
  };

  /** Never rejects: what fails is answered. */
  private async handle(text: string): Promise<void> {
    const message = readMessage(text);
    const { requestId, request } = message;
    const failed = (error: unknown) => this.refuse(error, message);
    try {
      // What is wrong counts too.
      if (request?.type !== 'ping' && request?.type !== 'unsubscribe') await this.deps.desk.admit(this.user);
      if (!request) throw message.fault;
      const answer = this.carryOut(request, requestId);
      if (request.type === 'cancel' || request.type === 'input') {
        void answer.catch(failed).finally(() => this.answered());
        return;
      }
      await answer;
    } catch (error) {
      failed(error);
    }
    this.answered();
  }

  private async carryOut(request: SocketRequest, requestId: RequestId | undefined): Promise<void> {
    const { desk } = this.deps;
    const say = (message: object) => this.line.say(answerTo(requestId, message));
    switch (request.type) {
      case 'ping':
        return say({ type: 'pong' });
      case 'subscribe':
        return this.subscriptions.begin(request, say);
      case 'unsubscribe':
        return say(this.subscriptions.end(request.target));
      case 'cancel':
        return say(await desk.cancel(this.user, request.executionId, request.body));
      case 'input':
        return say(await desk.input(this.user, request.executionId, request.body));
    }
  }

  private refuse(error: unknown, message: ReadMessage): void {
    if (error instanceof StreamEnd) this.end(error);
    else this.line.say(answerTo(message.requestId, this.deps.desk.refusal(error, this.user, message.request, message.request ? undefined : message.executionId)));
  }

  private answered(): void {
    if (--this.unanswered < MAX_WAITING) this.line.release('busy');
  }
}
