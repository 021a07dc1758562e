/** Tells a result that was kept as the agent would have told it: its text as a stream, then its output. */
import { type JsonValue } from '../../contract/json.js';
import { type AgentContext, type Piece } from '../agent.js';
import { type Hit } from './agent.cache.js';

/** Pieces that a long text is told in, about: all its words would fill the log. */
const MAX_PIECES = 200;
/** Characters of a piece, about: a few words. */
const PIECE_LENGTH = 24;

/** What it cost is not told again, and tools that were called are not called. */
export function* replay({ result, text: how }: Hit, context: Pick<AgentContext, 'log' | 'text'>): Generator<Piece, JsonValue> {
  yield context.log(how, 'info', 'cache_hit');
  for (const piece of piecesOf(result.text ?? '')) yield context.text(piece);
  return result.output;
}

/** The text cut after words, or, where it has none for long, between two characters. */
export function* piecesOf(text: string): Generator<string> {
  const length = Math.max(PIECE_LENGTH, Math.ceil(text.length / MAX_PIECES));
  for (let at = 0; at < text.length; ) {
    const end = endOf(text, at, length);
    yield text.slice(at, end);
    at = end;
  }
}

function endOf(text: string, at: number, length: number): number {
  const end = at + length;
  if (end >= text.length) return text.length;
  // Back to the last blank, which stays with the word before it.
  for (let blank = end; blank > at + length / 2; blank--) if (/\s/.test(text.charAt(blank - 1))) return blank;
  const isHalf = /[\udc00-\udfff]/.test(text.charAt(end)) && /[\ud800-\udbff]/.test(text.charAt(end - 1));
  return isHalf ? end + 1 : end;
}
