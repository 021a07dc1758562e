/** Embeddings as providers serve them: OpenAI's `POST /embeddings`, and Gemini's `POST /models/{model}:embedContent`. */
import { type Exchange } from './exchange.js';
import { jsonAnswer, type WireAnswer } from './format.js';

/** A text as a vector, or the answer that is given in its place. */
export type VectorOf = (text: string) => number[] | WireAnswer | 'hang';

const GOOGLE = /^\/models\/([^/:]+):embedContent$/;

/** The model that a POST to the path (below the base) is for; undefined where it asks for no embedding. */
export function embeddingModelOf(path: string, { model }: { model?: string }): string | undefined {
  return path === '/embeddings' ? model : GOOGLE.exec(path)?.[1];
}

/** The text of the request; `undefined` where the provider would not understand it. */
export function embeddedText({ path, body }: Pick<Exchange, 'path' | 'body'>): string | undefined {
  const text: unknown = path.endsWith(':embedContent') ? body.content?.parts?.[0]?.text : Array.isArray(body.input) && body.input.length === 1 ? body.input[0] : body.input;
  return typeof text === 'string' && text !== '' ? text : undefined;
}

/** A token a word, and one that ends the text. */
export function embeddingAnswer({ path, model }: Pick<Exchange, 'path' | 'model'>, text: string, vector: number[]): WireAnswer {
  if (path.endsWith(':embedContent')) return jsonAnswer(200, { embedding: { values: vector } });
  const tokens = wordsOf(text).length + 1;
  return jsonAnswer(200, { object: 'list', model, data: [{ object: 'embedding', index: 0, embedding: vector }], usage: { prompt_tokens: tokens, total_tokens: tokens } });
}

const DIMENSIONS = 1024;

/**
 * Counts the words: the cosine of two texts of n and m different words, k of them the same, is k / √(n·m). So a test can say
 * how similar two texts are.
 */
export function wordVector(text: string): number[] {
  const vector = new Array<number>(DIMENSIONS).fill(0);
  for (const word of wordsOf(text)) (vector[placeOf(word)] as number)++;
  return vector;
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** FNV-1a. */
function placeOf(word: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(word)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0) % DIMENSIONS;
}
