/** @fastify/sse: `reply.sse.send` to each subscriber. */
import sse from '@fastify/sse';
import fastify from 'fastify';
import { servePeer, Subscribers } from '../lib/server.mjs';

servePeer(async () => {
  const subscribers = new Subscribers();
  const app = fastify();
  await app.register(sse);
  app.get('/stream/:id', { sse: 'only' }, async (request, reply) => {
    reply.sse.keepAlive();
    reply.sse.sendHeaders();
    // Written, but kept back until the first event, for which the bench waits with its subscribers.
    reply.raw.flushHeaders();
    reply.sse.onClose(subscribers.join(request.params.id, reply.sse));
  });
  await app.listen({ port: 0, host: '127.0.0.1', backlog: 2048 });
  return {
    port: app.server.address().port,
    emit: (stream, events) => {
      for (const event of events) {
        const message = { id: String(event.seq), event: event.type, data: event };
        for (const subscriber of subscribers.of(stream)) subscriber.send(message).catch(() => undefined);
      }
    },
  };
});
