/** better-sse: a session for each subscriber, a channel for each stream. */
import { createChannel, createSession } from 'better-sse';
import { createServer } from 'node:http';
import { servePeer } from '../lib/server.mjs';

const channels = new Map();
const channelOf = (stream) => {
  let channel = channels.get(stream);
  if (!channel) channels.set(stream, (channel = createChannel()));
  return channel;
};

servePeer(async () => {
  const server = createServer(async (request, response) => {
    const session = await createSession(request, response);
    channelOf(request.url.slice('/stream/'.length)).register(session);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', 2048, resolve));
  return {
    port: server.address().port,
    emit: (stream, events) => {
      const channel = channelOf(stream);
      for (const event of events) channel.broadcast(event, event.type, { eventId: String(event.seq) });
    },
  };
});
