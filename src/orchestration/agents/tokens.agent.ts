import { setTimeout as sleep } from 'node:timers/promises';
import { type AgentStep } from '../../contract/definition.js';
import { StepcastError } from '../../contract/errors.js';
import { type JsonObject } from '../../contract/json.js';
import { type AgentContext, type AgentHandler, type Piece } from '../agent.js';
import { Agent } from '../decorators.js';
import { checkInput, numberFaults, objectInput, wholeNumber } from './agent.input.js';

const MAX_COUNT = 1_000_000;

/** Streams a text piece by piece: the one given, by words, or `count` numbered words, one each `intervalMs`. */
@Agent({ name: 'tokens', description: 'Streams {text}, or {count} numbered words, a piece each {intervalMs}; its output is the text.' })
export class TokensAgent implements AgentHandler {
  async *execute(context: AgentContext): AsyncGenerator<Piece, string> {
    const input = objectInput('tokens', context.input);
    const intervalMs = wholeNumber('tokens', input, 'intervalMs', 0);
    let text = '';
    let first = true;
    for (const piece of piecesOf(input)) {
      if (!first && intervalMs > 0) await sleep(intervalMs, undefined, { signal: context.signal });
      first = false;
      text += piece;
      yield context.text(piece);
    }
    return text;
  }

  check(step: Readonly<AgentStep>): void {
    checkInput('tokens', step, (input) => [
      ...(input['text'] === undefined || typeof input['text'] === 'string' ? [] : [{ path: '/text', message: 'must be a string' }]),
      ...numberFaults(input, 'count', input['text'] === undefined ? undefined : 0, MAX_COUNT),
      ...numberFaults(input, 'intervalMs', 0),
    ]);
  }
}

function* piecesOf(input: JsonObject): Generator<string> {
  const { text } = input;
  if (text === undefined) {
    const count = wholeNumber('tokens', input, 'count', undefined, MAX_COUNT);
    for (let i = 1; i <= count; i++) yield i === 1 ? 'token1' : ` token${i}`;
    return;
  }
  if (typeof text !== 'string') throw new StepcastError('invalid_input', 'agent "tokens" takes text as a string');
  if (input['count'] === undefined) {
    yield* text.match(/\s*\S+\s*$|\s*\S+|\s+$/gu) ?? [];
    return;
  }
  // As many pieces of even length as are asked for, in code points, so that none is cut in two.
  const points = [...text];
  const count = Math.min(points.length, wholeNumber('tokens', input, 'count', undefined, MAX_COUNT));
  for (let i = 0; i < count; i++) {
    yield points.slice(Math.floor((i * points.length) / count), Math.floor(((i + 1) * points.length) / count)).join('');
  }
}
