/** The body of a response: read to a bound, decoded, and made what JSON can carry. */
import { type IncomingMessage } from 'node:http';
import { pipeline, Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { StepcastError } from '../../contract/errors.js';
import { type JsonValue, toJson } from '../../contract/json.js';

type Chunks = AsyncIterable<Buffer>;
type Decoder = (source: Chunks) => Chunks;

/** What the body is: a JSON value, a text, other bytes in base64, or nothing. */
export type BodyEncoding = 'json' | 'text' | 'base64' | 'none';

/** No honest server nests more. */
const MAX_CODINGS = 3;

const through = (make: () => Transform): Decoder => (source) =>
  // What fails on the way reaches who reads it.
  pipeline(Readable.from(source, { objectMode: false }), make(), () => undefined);

const DECODERS: Record<string, Decoder> = {
  gzip: through(createGunzip),
  'x-gzip': through(createGunzip),
  br: through(createBrotliDecompress),
  deflate: inflated,
  identity: (source) => source,
};

/**
 * All of a body, decoded; `isDecoded` is false where it has a coding that is not known, which was then not asked for.
 * @throws StepcastError `http_failed` where it has more than `maxBytes`, before or after decoding; what streams and zlib throw.
 */
export async function readBody(response: IncomingMessage, maxBytes: number): Promise<{ bytes: Buffer; isDecoded: boolean }> {
  const codings = (response.headers['content-encoding'] ?? '').toLowerCase().split(',').map((coding) => coding.trim()).filter(Boolean);
  if (codings.length > MAX_CODINGS) throw new StepcastError('http_failed', `the answer is encoded ${codings.length} times over`, { retryable: false });
  const isDecoded = codings.every((coding) => Object.hasOwn(DECODERS, coding));
  const parts: Buffer[] = [];
  let chunks = bounded(response, maxBytes);
  if (isDecoded && codings.length) {
    const encoded = await peeked(chunks);
    // Some answers have a coding and nothing that it could be of.
    chunks = encoded ? bounded(codings.reduceRight((decoding, coding) => (DECODERS[coding] as Decoder)(decoding), encoded as Chunks), maxBytes) : chunks;
  }
  for await (const part of chunks) parts.push(part);
  return { bytes: Buffer.concat(parts), isDecoded };
}

async function* bounded(source: Chunks, maxBytes: number): Chunks {
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > maxBytes) throw new StepcastError('http_failed', `the answer has more than ${maxBytes} bytes; ask for less, or raise maxBytes of the step`, { retryable: false });
    yield chunk;
  }
}

/** The same chunks, of which the first is there; nothing where there is none. */
async function peeked(source: Chunks): Promise<(Chunks & { first: Buffer }) | undefined> {
  const iterator = source[Symbol.asyncIterator]();
  const next = await iterator.next();
  if (next.done) return undefined;
  const first = next.value;
  async function* all(): Chunks {
    yield first;
    yield* { [Symbol.asyncIterator]: () => iterator };
  }
  return Object.assign(all(), { first });
}

/** RFC 9110 means zlib's format; some servers have always sent bare deflate, which begins with another half byte. */
async function* inflated(source: Chunks): Chunks {
  const chunks = await peeked(source);
  if (chunks) yield* through((chunks.first[0] as number) % 16 === 8 ? createInflate : createInflateRaw)(chunks);
}

const JSON_TYPE = /^(?:application|text)\/(?:[^;]*\+)?json$/;
const TEXT_TYPE = /^text\/|[+/]xml$|^application\/(?:javascript|ecmascript|x-ndjson|ndjson|jsonl|json-seq|yaml|x-yaml|toml|graphql|sql|x-www-form-urlencoded|x-sh)$|\+yaml$/;

/** A body by its content type. JSON that is none is text; without a type, what is UTF-8 is text. */
export function bodyOf(bytes: Buffer, contentType = ''): { body: JsonValue; encoding: BodyEncoding } {
  if (bytes.length === 0) return { body: null, encoding: 'none' };
  const [type = ''] = contentType.toLowerCase().split(';').map((part) => part.trim());
  const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType)?.[1];
  const isJson = JSON_TYPE.test(type);
  const text = isJson || TEXT_TYPE.test(type) ? decoded(bytes, charset) : type === '' ? decoded(bytes, 'utf-8', true) : undefined;
  if (text === undefined) return { body: bytes.toString('base64'), encoding: 'base64' };
  const json = isJson ? parsed(text) : undefined;
  return json === undefined ? { body: text, encoding: 'text' } : { body: json, encoding: 'json' };
}

/** Nothing where the character set is not known or, with `isStrict`, where the bytes are none of its. */
function decoded(bytes: Buffer, charset = 'utf-8', isStrict = false): string | undefined {
  try {
    return new TextDecoder(charset, { fatal: isStrict }).decode(bytes);
  } catch {
    return undefined;
  }
}

function parsed(text: string): JsonValue | undefined {
  try {
    // Through toJson, as some JSON is nested deeper than an output may be.
    return toJson(JSON.parse(text));
  } catch {
    return undefined;
  }
}
