/**
 * Requests by chance for every operation of the document: right ones, ones with a thing wrong, and garbage. A request is
 * plain data, in which tokens (world.ts) stand for what exists when it is sent.
 */
import { type OpenAPIObject } from '@nestjs/swagger';
import fc from 'fast-check';
import { type JsonObject, type JsonValue } from '../../../src/contract/json.js';
import { type Operation, operationsOf, type ParameterObject, type RequestBodyObject } from '../../openapi/support/contract.js';
import { brokenJson, hostileJson, hostileText, nearly } from './hostile.js';
import { BODY_HINTS, PARAMETER_HINTS } from './hints.js';
import { SchemaArbitraries } from './schema.arbitrary.js';

export type Credential = 'alice' | 'bob' | 'root' | 'nobody' | 'jwt' | 'managed' | 'wrong' | 'both' | 'twice' | 'odd';

export interface FuzzBody {
  type: string | undefined;
  text: string;
  /** How the text becomes bytes. */
  charset: 'utf8' | 'utf16le' | 'latin1';
  /** What `Content-Encoding` says, and whether it is so. */
  encoding: { says: string | undefined; does: 'gzip' | 'deflate' | 'br' | 'nothing' };
  /** `short`: the line is cut before all of it is sent. */
  framing: 'length' | 'chunked' | 'short';
}

export interface FuzzRequest {
  /** The operation it was drawn for. */
  aim: string;
  method: string;
  path: string;
  query: [name: string, value: string][];
  headers: [name: string, value: string][];
  credential: Credential;
  /** Which of the credentials of its kind. */
  pick: number;
  body: FuzzBody | undefined;
}

type Texts = fc.Arbitrary<[string, string][]>;

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'M-SEARCH', 'LINK', 'PURGE'];
const TYPES = [
  'application/json; charset=utf-8', 'Application/JSON', 'application/json;charset=utf-16', 'application/json; charset=latin1', 'application/json; charset=x-unknown', 'application/json;;', 'application/json, text/plain', 'application/problem+json',
  'application/vnd.api+json', 'text/plain', 'text/json', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'multipart/form-data', 'application/octet-stream', 'application/xml', '', 'x', '*/*', 'application/json; charset="', 'a/b; c=\u00e4',
];
const ENCODINGS = ['gzip', 'deflate', 'br', 'zstd', 'compress', 'identity', 'gzip, gzip', 'x-gzip', 'x', ''];
const ACCEPTS = ['*/*', 'application/json', 'text/event-stream', 'text/event-stream;q=0.1, application/json;q=0.2', 'text/html', '', ',', 'text/event-stream;q=x', 'application/json;q=1e999', 'a'.repeat(2000), 'image/*;q=0', 'text/event-stream, */*', ';q=1'];

const ODD_HEADERS: Texts = fc.array(fc.oneof(
  fc.tuple(fc.constant('accept'), fc.constantFrom(...ACCEPTS)),
  fc.tuple(fc.constantFrom('last-event-id', 'idempotency-key', 'traceparent', 'tracestate', 'x-request-id', 'cookie', 'origin', 'referer', 'x-forwarded-for', 'forwarded', 'accept-encoding', 'accept-language', 'user-agent', 'range', 'if-range', 'prefer', 'te', 'via', 'date'), hostileText),
  fc.constantFrom<[string, string]>(
    ['if-none-match', '*'], ['if-none-match', 'W/"0"'], ['if-match', '"x"'], ['if-modified-since', 'Fri, 20 Nov 2099 00:00:00 GMT'], ['range', 'bytes=0-1'], ['expect', '100-continue'], ['expect', 'a-miracle'], ['x-http-method-override', 'DELETE'], ['x-original-url', '/api/v1/keys'],
    ['x-forwarded-for', '::1, unknown, 999.1.1.1'], ['x-forwarded-proto', 'gopher'], ['host', 'evil.test'], ['host', ''], ['access-control-request-method', 'DELETE'], ['origin', 'null'], ['cache-control', 'only-if-cached'], ['accept-encoding', 'gzip;q=x'], ['max-forwards', '0'],
    ['upgrade-insecure-requests', '1'], ['x_y', 'b'],
  ),
), { minLength: 1, maxLength: 3 });

const HANDSHAKE: [string, string][] = [['connection', 'Upgrade'], ['upgrade', 'websocket'], ['sec-websocket-version', '13'], ['sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZQ==']];
const UPGRADES: Texts = fc.oneof(
  fc.subarray(HANDSHAKE, { minLength: 2 }), fc.subarray(HANDSHAKE, { minLength: 2 }).map((some): [string, string][] => [...some, ['origin', 'http://evil.test']]),
  fc.constantFrom<[string, string][]>(
    [['connection', 'Upgrade, HTTP2-Settings'], ['upgrade', 'h2c'], ['http2-settings', 'AAMAAABkAAQAoAAAAAIAAAAA']], [['connection', 'upgrade'], ['upgrade', 'WebSocket, x']], [['connection', 'upgrade'], ['upgrade', '']], [['connection', 'close, x-api-key']],
    [...HANDSHAKE, ['sec-websocket-protocol', 'a, b,, a']], [...HANDSHAKE, ['sec-websocket-extensions', 'permessage-deflate; server_max_window_bits=99']], [...HANDSHAKE.slice(0, 3), ['sec-websocket-key', 'x']],
  ),
);

export class RequestArbitraries {
  readonly operations: Operation[];
  private readonly schemas: SchemaArbitraries;

  constructor(document: OpenAPIObject) {
    this.operations = operationsOf(document);
    this.schemas = new SchemaArbitraries(document, BODY_HINTS);
  }

  /** Of all operations; those that take more of a request more often. */
  any(): fc.Arbitrary<FuzzRequest> {
    return fc.oneof(...this.operations.map((operation) => ({ weight: weightOf(operation), arbitrary: this.of(operation) })));
  }

  private of(operation: Operation): fc.Arbitrary<FuzzRequest> {
    const right = this.right(operation);
    return fc.oneof({ weight: 9, arbitrary: right }, { weight: 9, arbitrary: this.spoilt(operation, right) }, { weight: 4, arbitrary: this.garbage(operation, right) });
  }

  private right(operation: Operation): fc.Arbitrary<FuzzRequest> {
    return fc.record({
      aim: fc.constant(operation.id), method: fc.constant(operation.method), path: this.path(operation, (name) => this.parameter(operation, name)),
      query: this.parameters(operation, 'query'), headers: operation.spec.responses['101'] ? fc.constant(HANDSHAKE) : this.parameters(operation, 'header'), credential: rightCredential(operation), pick: fc.nat({ max: 100_000 }), body: this.body(operation),
    }, { noNullPrototype: true });
  }

  /** With one thing wrong, or two. */
  private spoilt(operation: Operation, right: fc.Arbitrary<FuzzRequest>): fc.Arbitrary<FuzzRequest> {
    const names = (operation.spec.parameters as ParameterObject[]).map(({ name }) => name);
    const pairs = fc.tuple(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...names, 'ticket', 'unknown') }, { weight: 1, arbitrary: hostileText }), hostileText);
    const faults: fc.Arbitrary<Partial<FuzzRequest>>[] = [
      fc.array(pairs, { minLength: 1, maxLength: 4 }).map((query) => ({ query })),
      ODD_HEADERS.map((headers) => ({ headers })), UPGRADES.map((headers) => ({ headers })),
      fc.tuple(this.parameters(operation, 'header'), ODD_HEADERS).map(([some, odd]) => ({ headers: [...some, ...some.slice(0, 1), ...odd] })),
      fc.constantFrom<Credential>('nobody', 'wrong', 'both', 'twice', 'odd', 'managed', 'jwt', 'bob').map((credential) => ({ credential })),
    ];
    if (operation.path.includes('{')) faults.push(this.path(operation, () => hostileText).map((path) => ({ path })));
    if (operation.spec.requestBody) {
      const value = this.value(operation);
      faults.push(nearly(value).map((wrong) => ({ body: json(wrong) })), nearly(value).map((wrong) => ({ body: json(wrong) })), nearly(value).map((wrong) => ({ body: json(wrong) })), badBody(value).map((body) => ({ body })));
    }
    return fc.tuple(right, fc.oneof(...faults), fc.option(fc.oneof(...faults), { freq: 5, nil: {} })).map(([request, one, other]) => ({ ...request, ...one, ...other }));
  }

  private garbage(operation: Operation, right: fc.Arbitrary<FuzzRequest>): fc.Arbitrary<FuzzRequest> {
    const value = operation.spec.requestBody ? this.value(operation) : hostileJson;
    return fc.tuple(right, fc.record({
      method: fc.constantFrom(operation.method, operation.method, ...METHODS), path: fc.oneof(this.path(operation, (name) => this.parameter(operation, name)), this.oddPath(operation)),
      query: fc.array(fc.tuple(hostileText, hostileText), { maxLength: 5 }), headers: fc.oneof(fc.constant<[string, string][]>([]), ODD_HEADERS),
      credential: fc.constantFrom<Credential>('alice', 'root', 'root', 'nobody', 'wrong', 'managed', 'odd'), body: fc.option(badBody(value), { nil: undefined }),
    }, { noNullPrototype: true })).map(([request, odd]) => ({ ...request, ...odd }));
  }

  private path({ path }: Operation, of: (name: string) => fc.Arbitrary<string>): fc.Arbitrary<string> {
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string);
    return fc.tuple(...names.map(of)).map((values) => names.reduce((text, name, i) => text.replace(`{${name}}`, () => encoded(values[i] as string)), path));
  }

  private oddPath(operation: Operation): fc.Arbitrary<string> {
    const right = this.path(operation, (name) => this.parameter(operation, name));
    const parts = fc.constantFrom('/', '//', '/.', '/..', '/%2e%2e', '%2F', '%00', '%zz', '%', '%c0%af', '%ed%a0%80', ';a=b', '/x', '.json', '%20', '~', '\\', '/%5c', '#a', '?a', '%3F', '/stream', '/keys', '\u00e4');
    return fc.oneof(
      fc.tuple(right, parts).map(([path, part]) => path + part),
      // What does not begin with a slash is no HTTP, and is refused by Node.
      fc.tuple(right, parts, fc.nat()).map(([path, part, at]) => {
        const index = 1 + (at % path.length);
        return path.slice(0, index) + part + path.slice(index);
      }),
      right.map((path) => path.toUpperCase()), right.map((path) => path.replaceAll('/', '//')),
      fc.constantFrom('/', '*', '//', '/api', '/api/v1', '/api/v1/', '/api/v2/executions', '/assets/', '/assets/../../package.json', '/assets/%2e%2e/%2e%2e/package.json', '/docs', '/docs/', '/docs-json/x', '/favicon.ico', 'http://evil.test/api/v1/executions', '/.env', '/api/v1/ws'),
      hostileText.map((text) => `/api/v1/${encoded(text)}`),
    );
  }

  /** Two of them at most: more mostly contradict each other. */
  private parameters(operation: Operation, place: 'query' | 'header'): Texts {
    const own = (operation.spec.parameters as ParameterObject[]).filter((parameter) => parameter.in === place);
    const optional = own.filter(({ required }) => !required);
    return fc.subarray(optional, { maxLength: Math.min(2, optional.length) }).chain((some) =>
      fc.tuple(...own.filter((parameter) => parameter.required === true || some.includes(parameter)).map(({ name }) => this.parameter(operation, name).map((value): [string, string] => [name, value]))));
  }

  private parameter({ id, spec, path }: Operation, name: string): fc.Arbitrary<string> {
    const lower = name.toLowerCase();
    const kind = path.endsWith('/v1/stream') ? 'several' : spec.tags?.[0];
    const hint = PARAMETER_HINTS[`${id}.${name}`] ?? PARAMETER_HINTS[`${kind}.${name}`] ?? PARAMETER_HINTS[`${kind}.${lower}`] ?? PARAMETER_HINTS[name] ?? PARAMETER_HINTS[lower];
    const { schema = {} } = (spec.parameters as ParameterObject[]).find((parameter) => parameter.name === name) ?? {};
    return hint ?? this.schemas.of(schema as JsonObject, name).map((value) => (Array.isArray(value) ? (value as string[]).join(',') : typeof value === 'string' ? value : JSON.stringify(value)));
  }

  private value({ spec }: Operation): fc.Arbitrary<JsonValue> {
    const media = (spec.requestBody as RequestBodyObject).content['application/json'];
    const examples = Object.values((media?.examples ?? {}) as Record<string, { value: JsonValue }>).map(({ value }) => value);
    const drawn = this.schemas.of((media?.schema ?? {}) as JsonObject);
    return examples.length ? fc.oneof({ weight: 8, arbitrary: drawn }, { weight: 1, arbitrary: fc.constantFrom(...examples) }) : drawn;
  }

  private body(operation: Operation): fc.Arbitrary<FuzzBody | undefined> {
    const { requestBody } = operation.spec as { requestBody?: RequestBodyObject };
    if (!requestBody) return fc.constant(undefined);
    const right = this.value(operation).map(json);
    return requestBody.required ? right : fc.option(right, { nil: undefined, freq: 5 });
  }
}

function weightOf({ spec, path }: Operation): number {
  return (spec.requestBody ? 3 : 1) + (path.endsWith('/executions') || path.endsWith('/stream') ? 2 : 0);
}

function json(value: JsonValue): FuzzBody {
  return { type: 'application/json', text: JSON.stringify(value), charset: 'utf8', encoding: { says: undefined, does: 'nothing' }, framing: 'length' };
}

/** A body that is sent wrong, or is wrong. */
function badBody(value: fc.Arbitrary<JsonValue>): fc.Arbitrary<FuzzBody> {
  const text = value.map((one) => JSON.stringify(one));
  const well = { type: fc.constant('application/json'), text, charset: fc.constant('utf8' as const), encoding: fc.constant<FuzzBody['encoding']>({ says: undefined, does: 'nothing' }), framing: fc.constantFrom<FuzzBody['framing']>('length', 'chunked') };
  const record = (change: Partial<{ [K in keyof FuzzBody]: fc.Arbitrary<FuzzBody[K]> }>): fc.Arbitrary<FuzzBody> => fc.record({ ...well, ...change }, { noNullPrototype: true });
  return fc.oneof(
    { weight: 8, arbitrary: record({ text: brokenJson }) },
    { weight: 4, arbitrary: record({ type: fc.option(fc.constantFrom(...TYPES), { nil: undefined, freq: 8 }) }) },
    { weight: 2, arbitrary: record({ charset: fc.constantFrom('utf16le', 'latin1'), text: fc.oneof(text, hostileText), type: fc.constantFrom('application/json', 'application/json; charset=utf-16', 'application/json; charset=utf-16le') }) },
    { weight: 4, arbitrary: record({ encoding: fc.record({ says: fc.constantFrom(...ENCODINGS), does: fc.constantFrom('gzip', 'deflate', 'br', 'nothing') }, { noNullPrototype: true }) }) },
    { weight: 1, arbitrary: record({ framing: fc.constant('short') }) },
    { weight: 1, arbitrary: record({ text: fc.constantFrom(1024 * 1024 - 20, 1024 * 1024 + 1, 1_500_000).map(long) }) },
    // Small on the line, and not small when it is unpacked.
    { weight: 1, arbitrary: record({ text: fc.constant(2_000_000).map(long), encoding: fc.constant<FuzzBody['encoding']>({ says: 'gzip', does: 'gzip' }) }) },
  );
}

/** Made when it is drawn: there is one such arbitrary for each operation. */
function long(length: number): string {
  return `{"input":"${'x'.repeat(length - 20)}"}`;
}

function rightCredential({ spec }: Operation): fc.Arbitrary<Credential> {
  if (!spec.security?.length) return fc.constantFrom('nobody', 'alice');
  if (spec.tags?.some((tag) => tag === 'keys' || tag === 'metrics')) return fc.constantFrom('root', 'root', 'root', 'alice');
  return fc.constantFrom('alice', 'alice', 'bob', 'root', 'jwt', 'managed');
}

/** As in a path; tokens stay as they are. */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
