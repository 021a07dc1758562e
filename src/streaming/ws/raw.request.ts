import { type IncomingMessage } from 'node:http';

/** Node's own request, below Express's (which is one) and Fastify's (which holds one). */
export function rawRequest(request: object): IncomingMessage {
  return ((request as { raw?: IncomingMessage }).raw ?? request) as IncomingMessage;
}
