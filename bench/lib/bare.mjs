/** Streams on bare node:http; how the frames of a turn are written is left to the caller. */
import { createServer } from 'node:http';
import { frameOf, servePeer, Subscribers } from './server.mjs';

export function serveBare(write) {
  servePeer(async () => {
    const subscribers = new Subscribers();
    const server = createServer((request, response) => {
      request.socket.setNoDelay(true);
      response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
      response.flushHeaders();
      response.on('close', subscribers.join(request.url.slice('/stream/'.length), response));
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', 2048, resolve));
    return {
      port: server.address().port,
      emit: (stream, events) => write(subscribers.of(stream), events.map(frameOf)),
    };
  });
}
