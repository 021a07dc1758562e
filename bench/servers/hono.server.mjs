/** hono on its Node adapter: `streamSSE`, with `writeSSE` to each subscriber. */
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { servePeer, Subscribers } from '../lib/server.mjs';

servePeer(async () => {
  const subscribers = new Subscribers();
  const app = new Hono();
  app.get('/stream/:id', (context) =>
    streamSSE(context, (stream) => new Promise((resolve) => {
      const leave = subscribers.join(context.req.param('id'), stream);
      stream.onAbort(() => {
        leave();
        resolve();
      });
    })),
  );
  const server = await new Promise((resolve) => {
    const made = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, () => resolve(made));
  });
  return {
    port: server.address().port,
    emit: (stream, events) => {
      for (const event of events) {
        const message = { id: String(event.seq), event: event.type, data: JSON.stringify(event) };
        for (const subscriber of subscribers.of(stream)) void subscriber.writeSSE(message);
      }
    },
  };
});
