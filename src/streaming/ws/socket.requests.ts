/** What clients ask for over a WebSocket: one JSON object a message. Anything that makes no sense is told with every fault. */
import { type Fault, StepcastError } from '../../contract/errors.js';
import { EVENT_TYPES, type EventType, isEventType } from '../../contract/events.js';
import { type JsonValue } from '../../contract/json.js';
import { objectOf } from '../http/body.pipe.js';
import { type FrameView } from '../sse/frames.js';
import { type StartAt } from '../sse/stream.request.js';
import { socketView } from './socket.frames.js';

/** Answers repeat it, so that a client can tell which request they are to. */
export type RequestId = string | number;

/** What is followed: an execution, or all of one's own. */
export type Target = { executionId: string } | { all: true };

export interface SubscribeRequest {
  type: 'subscribe';
  target: Target;
  start: StartAt;
  view: FrameView;
}

/** `body` is as of the route that does the same, and checked as there. */
export type SocketRequest =
  | SubscribeRequest
  | { type: 'unsubscribe'; target: Target }
  | { type: 'cancel'; executionId: string; body: { reason?: JsonValue } }
  | { type: 'input'; executionId: string; body: { stepId?: JsonValue; value?: JsonValue } }
  | { type: 'ping' };

type Given = Readonly<Record<string, JsonValue | undefined>>;

const FIELDS: Record<SocketRequest['type'], readonly string[]> = {
  subscribe: ['executionId', 'all', 'after', 'cursor', 'from', 'last', 'types'],
  unsubscribe: ['executionId', 'all'],
  cancel: ['executionId', 'reason'],
  input: ['executionId', 'stepId', 'value'],
  ping: [],
};
const MAX_TEXT = 200;
const MAX_WHOLE = 999_999_999_999_999;

/**
 * A message as it was understood, or why it was not (`invalid_json`, `invalid_request`); with its id in any case, where it
 * has one, and then with the execution that it names.
 */
export type ReadMessage = { requestId: RequestId | undefined } & ({ request: SocketRequest } | { request?: undefined; executionId?: string; fault: StepcastError });

export function readMessage(text: string): ReadMessage {
  let given: Given = {};
  try {
    const value = parse(text);
    if (typeof value === 'object' && value !== null) given = value as Given;
    // What a body may leave out, a message may not: `null` is none.
    return { requestId: requestIdOf(given), request: requestOf(objectOf(value ?? [], 'message') as Given) };
  } catch (error) {
    if (!(error instanceof StepcastError)) throw error;
    return { requestId: requestIdOf(given), ...(isId(given['executionId']) ? { executionId: given['executionId'] } : {}), fault: error };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new StepcastError('invalid_json', `the message is no valid JSON: ${(error as Error).message}`);
  }
}

function requestIdOf({ requestId }: Given): RequestId | undefined {
  if (typeof requestId === 'string') return requestId.length <= MAX_TEXT ? requestId : undefined;
  return Number.isSafeInteger(requestId) ? (requestId as number) : undefined;
}

function requestOf(given: Given): SocketRequest {
  const faults: Fault[] = [];
  const fault = (name: string, message: string) => void faults.push({ path: `/${name}`, message });
  if (given['requestId'] !== undefined && requestIdOf(given) === undefined) fault('requestId', `must be a text of at most ${MAX_TEXT} characters or a whole number`);
  const { type } = given;
  if (typeof type !== 'string' || !isRequestType(type)) {
    fault('type', `must be one of ${Object.keys(FIELDS).join(', ')}`);
    throw refusal(faults);
  }
  for (const name of Object.keys(given)) {
    if (name !== 'type' && name !== 'requestId' && !FIELDS[type].includes(name)) fault(name, `is no field of "${type}"`);
  }
  const request = read(type, given, fault);
  if (faults.length > 0) throw refusal(faults);
  return request;
}

function read(type: SocketRequest['type'], given: Given, fault: (name: string, message: string) => void): SocketRequest {
  switch (type) {
    case 'subscribe':
      return { type, target: targetOf(given, fault), start: startOf(given, fault), view: socketView(typesOf(given, fault)) };
    case 'unsubscribe':
      return { type, target: targetOf(given, fault) };
    case 'cancel':
      return { type, executionId: idOf(given, fault), body: pick(given, 'reason') };
    case 'input':
      return { type, executionId: idOf(given, fault), body: pick(given, 'stepId', 'value') };
    case 'ping':
      return { type };
  }
}

type FaultOf = Parameters<typeof read>[2];

function targetOf(given: Given, fault: FaultOf): Target {
  if (given['all'] === undefined) return { executionId: idOf(given, fault) };
  if (given['all'] !== true) fault('all', 'must be true, where it is given');
  if (given['executionId'] !== undefined) fault('executionId', 'cannot be given together with all');
  return { all: true };
}

function isId(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_TEXT;
}

function idOf({ executionId }: Given, fault: FaultOf): string {
  if (isId(executionId)) return executionId;
  fault('executionId', 'must be the id of an execution');
  return '';
}

/** One way of saying where to begin, or none: then it is the first event. */
function startOf(given: Given, fault: FaultOf): StartAt {
  const { after, cursor, from, last, all } = given;
  const ways = (['after', 'cursor', 'from', 'last'] as const).filter((name) => given[name] !== undefined);
  for (const name of ways.slice(1)) fault(name, `cannot be given together with ${ways[0]}`);
  if (after !== undefined) {
    if (all !== undefined) fault('after', 'is of one execution; for all of one\'s own give the cursor that was sent last');
    else if (!isWhole(after)) fault('after', 'must be a whole number, 0 or more');
    return { at: 'cursor', cursor: JSON.stringify(after), path: '/after' };
  }
  if (cursor !== undefined) {
    if (all === undefined) fault('cursor', 'is of all of one\'s own; for one execution give after, the seq of its last event');
    else if (typeof cursor !== 'string') fault('cursor', 'must be a text that was sent as cursor');
    return { at: 'cursor', cursor: typeof cursor === 'string' ? cursor : '', path: '/cursor' };
  }
  if (from !== undefined && from !== 'latest') fault('from', 'must be "latest"');
  if (last !== undefined && !isWhole(last)) fault('last', 'must be a whole number, 0 or more');
  if (from !== undefined) return { at: 'latest' };
  return last === undefined ? { at: 'first' } : { at: 'last', count: last as number };
}

function typesOf({ types }: Given, fault: FaultOf): Set<EventType> | undefined {
  if (types === undefined) return undefined;
  const names = Array.isArray(types) ? types : [];
  const unknown = names.findIndex((name) => typeof name !== 'string' || !isEventType(name));
  if (names.length === 0) fault('types', 'must be a list of at least one type of event');
  if (unknown >= 0) fault(`types/${unknown}`, `is no type of event; there are ${EVENT_TYPES.join(', ')}`);
  return new Set(names as EventType[]);
}

function pick(given: Given, ...names: string[]): Record<string, JsonValue> {
  return Object.fromEntries(names.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])));
}

function isWhole(value: JsonValue): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= MAX_WHOLE;
}

function isRequestType(type: string): type is SocketRequest['type'] {
  return Object.hasOwn(FIELDS, type);
}

function refusal(faults: Fault[]): StepcastError {
  return new StepcastError('invalid_request', 'the message is not what is taken here; see errors', { faults });
}
