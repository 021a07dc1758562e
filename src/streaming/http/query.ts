/** Query parameters of lists and pages, and the headers of a start. Every fault is a 400 that names its parameter. */
import { EXECUTION_STATUSES, type ExecutionStatus } from '../../contract/state.js';
import { parseSeq, single } from '../sse/stream.request.js';
import { type HttpRequest } from './http.types.js';
import { invalid } from './invalid.js';
import { readAll } from './read-all.js';

type Query = HttpRequest['query'];

const DEFAULT_LIST = 50;
const MAX_LIST = 200;
const DEFAULT_EVENTS = 100;
const MAX_EVENTS = 1000;
const MAX_TEXT = 200;

export interface ListRequest {
  status?: ExecutionStatus;
  workflow?: string;
  sessionId?: string;
  before?: number;
  limit: number;
}

/** @throws StepcastError `invalid_request`, `invalid_cursor` */
export function parseList(query: Query): ListRequest {
  const { status, workflow, sessionId, before, limit } = readAll({
    status: () => parseStatus(query), workflow: () => parseText(query, 'workflow'), sessionId: () => parseText(query, 'sessionId'),
    before: () => parseCursor(query), limit: () => parseLimit(query, DEFAULT_LIST, MAX_LIST),
  });
  return {
    limit, ...(status !== undefined && { status }), ...(workflow !== undefined && { workflow }), ...(sessionId !== undefined && { sessionId }), ...(before !== undefined && { before }),
  };
}

/** @throws StepcastError `invalid_request`, `invalid_cursor` */
export function parsePage(query: Query, lastSeq: number): { after: number; limit: number } {
  return readAll({
    after: () => parseSeq(single(query, 'after') ?? '0', '/after', lastSeq),
    limit: () => parseLimit(query, DEFAULT_EVENTS, MAX_EVENTS),
  });
}

/** @throws StepcastError `invalid_request` */
export function parseIdempotencyKey(headers: HttpRequest['headers']): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) throw invalid('/Idempotency-Key', 'must be 1 to 255 visible ASCII characters, sent once');
  return key;
}

export function encodeListCursor(ordinal: number): string {
  return Buffer.from(`o${ordinal}`).toString('base64url');
}

function parseCursor(query: Query): number | undefined {
  const cursor = single(query, 'cursor');
  if (cursor === undefined) return undefined;
  const match = /^o(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1'));
  if (!match) throw invalid('/cursor', 'must be a nextCursor that a list has answered', 'invalid_cursor');
  return Number(match[1]);
}

function parseStatus(query: Query): ExecutionStatus | undefined {
  const status = single(query, 'status');
  if (status === undefined || isStatus(status)) return status;
  throw invalid('/status', `must be one of ${EXECUTION_STATUSES.join(', ')}`);
}

function parseText(query: Query, name: 'workflow' | 'sessionId'): string | undefined {
  const text = single(query, name);
  if (text !== undefined && [...text].length > MAX_TEXT) throw invalid(`/${name}`, `must have at most ${MAX_TEXT} characters`);
  return text;
}

function parseLimit(query: Query, fallback: number, max: number): number {
  const text = single(query, 'limit');
  if (text === undefined) return fallback;
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > max) throw invalid('/limit', `must be a whole number from 1 to ${max}`);
  return limit;
}

function isStatus(text: string): text is ExecutionStatus {
  return (EXECUTION_STATUSES as readonly string[]).includes(text);
}
