/** What Express and Fastify have in common, as far as it is used here. */
import { type ServerResponse } from 'node:http';
import { type ExecutionContext } from '@nestjs/common';
import { type ExecutionRecord } from '../../journal/journal.types.js';
import { type StreamRequest } from '../sse/stream.request.js';

export interface HttpRequest {
  method: string;
  headers: Record<string, string | string[] | undefined>;
  params: Record<string, string | undefined>;
  query: Record<string, unknown>;
  /** As it was parsed. */
  body?: unknown;
  ip?: string;
  /** What guards have found out. */
  execution?: ExecutionRecord | undefined;
  executions?: ExecutionRecord[] | undefined;
  streamRequest?: StreamRequest;
}

export function requestOf(context: ExecutionContext): HttpRequest {
  return context.switchToHttp().getRequest<HttpRequest>();
}

/** Node's own response, below Express's (which is one) and Fastify's (which holds one). */
export function rawResponse(response: object): ServerResponse {
  return ((response as { raw?: ServerResponse }).raw ?? response) as ServerResponse;
}
