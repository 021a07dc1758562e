/** What a reader asks of a stream, from its header and query; anything that makes no sense is a 400 before the first byte (P14). */
import { StepcastError } from '../../contract/errors.js';
import { EVENT_TYPES, type EventType, isEventType } from '../../contract/events.js';
import { invalid } from '../http/invalid.js';
import { readAll } from '../http/read-all.js';
import { parseProtocol, type ProtocolRequest } from '../protocols/protocol.request.js';
import { type FrameView, viewOf } from './frames.js';

/** Where to begin: after a cursor, at the live end, with the last `count` events, or with the first. */
export type StartAt = { at: 'cursor'; cursor: string; path: string } | { at: 'latest' } | { at: 'last'; count: number } | { at: 'first' };

export interface StreamRequest {
  start: StartAt;
  view: FrameView;
  /** `none`: nothing can be said into the silence. */
  heartbeat: 'comment' | 'event' | 'none';
  /** In whose words, where not as the events themselves. */
  protocol?: ProtocolRequest;
}

const WHOLE_NUMBER = /^\d{1,15}$/;

/** @throws StepcastError `invalid_cursor`, `invalid_request` */
export function parseStreamRequest(request: { headers: Record<string, string | string[] | undefined>; query: Record<string, unknown> }): StreamRequest {
  const query = (name: string) => single(request.query, name);
  // With a protocol, that is refused altogether.
  const ofEvents = (name: string) => (request.query['protocol'] === undefined ? query(name) : undefined);
  const { protocol, start, heartbeat, named, types } = readAll({
    protocol: () => parseProtocol(query),
    start: () => startAt(request.headers['last-event-id'], query),
    heartbeat: () => oneOf(['comment', 'event'] as const, ofEvents, 'heartbeat'),
    named: () => oneOf(['true', 'false'], ofEvents, 'named'),
    types: () => parseTypes(ofEvents('types')),
  });
  if (protocol) return protocolRequest(protocol, start);
  return { start, view: viewOf(named === 'true', types), heartbeat };
}

/** One of the two that a parameter may be; the first where it is left out. */
function oneOf<Value extends string>(values: readonly [Value, Value], query: (name: string) => string | undefined, name: string): Value {
  const given = query(name) ?? values[0];
  const value = values.find((each) => each === given);
  if (value === undefined) throw invalid(`/${name}`, `must be "${values[0]}" or "${values[1]}"`);
  return value;
}

function protocolRequest(protocol: ProtocolRequest, start: StartAt): StreamRequest {
  if (protocol.name === 'text' && start.at !== 'first') throw invalid(start.at === 'cursor' ? start.path : lateParameter(start), 'is not for protocol=text, which is always sent from its beginning');
  if (protocol.name === 'ai-sdk' && beginsLate(start)) throw invalid(lateParameter(start), 'is not for protocol=ai-sdk, whose message is sent from its beginning');
  return { start, view: viewOf(true), heartbeat: protocol.name === 'text' ? 'none' : 'comment', protocol };
}

function lateParameter({ at }: StartAt): string {
  return at === 'latest' ? '/from' : '/last';
}

/** The header, which a browser sends when it reconnects, wins over the query, which it repeats. */
function startAt(header: string | string[] | undefined, query: (name: string) => string | undefined): StartAt {
  if (Array.isArray(header)) throw new StepcastError('invalid_cursor', 'Last-Event-ID was sent twice; send it once');
  if (header !== undefined) return { at: 'cursor', cursor: header, path: '/Last-Event-ID' };
  const cursor = query('lastEventId');
  if (cursor !== undefined) return { at: 'cursor', cursor, path: '/lastEventId' };
  const from = query('from');
  const last = query('last');
  if (from !== undefined && last !== undefined) throw invalid('/from', 'cannot be given together with last');
  if (from !== undefined) {
    if (from !== 'latest') throw invalid('/from', 'must be "latest"');
    return { at: 'latest' };
  }
  return last === undefined ? { at: 'first' } : { at: 'last', count: parseWhole(last, '/last', 'invalid_request') };
}

/** Whether the reader cannot know where it begins until it is told. */
export function beginsLate({ at }: StartAt): boolean {
  return at === 'latest' || at === 'last';
}

/** The seq after which a stream of one execution begins. @throws StepcastError `invalid_cursor` */
export function firstAfter(start: StartAt, lastSeq: number): number {
  switch (start.at) {
    case 'first':
      return 0;
    case 'latest':
      return lastSeq;
    case 'last':
      return Math.max(0, lastSeq - start.count);
    case 'cursor':
      return parseSeq(start.cursor, start.path, lastSeq);
  }
}

/** A seq that a reader gives as its cursor. @throws StepcastError `invalid_cursor` */
export function parseSeq(text: string, path: string, lastSeq: number): number {
  const seq = parseWhole(text, path, 'invalid_cursor');
  if (seq > lastSeq) {
    throw new StepcastError('invalid_cursor', `${seq} is beyond the log, which ends at ${lastSeq}; resume with the last id you were sent`, {
      faults: [{ path, message: `must be at most ${lastSeq}` }],
    });
  }
  return seq;
}

function parseWhole(text: string, path: string, code: 'invalid_cursor' | 'invalid_request'): number {
  if (!WHOLE_NUMBER.test(text)) {
    throw new StepcastError(code, `${path.slice(1)} is no whole number`, { faults: [{ path, message: 'must be a whole number, 0 or more' }] });
  }
  return Number(text);
}

function parseTypes(text: string | undefined): Set<EventType> | undefined {
  if (text === undefined) return undefined;
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !isEventType(name));
  if (unknown !== undefined) throw invalid('/types', `"${unknown}" is no type of event; there are ${EVENT_TYPES.join(', ')}`);
  return new Set(names as EventType[]);
}

/** A query parameter that may stand once. @throws StepcastError `invalid_request` */
export function single(query: Record<string, unknown>, name: string): string | undefined {
  const value = query[name];
  if (value === undefined || typeof value === 'string') return value;
  throw invalid(`/${name}`, 'must be given once, as text');
}
