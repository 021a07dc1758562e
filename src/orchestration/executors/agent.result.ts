/** The forms in which an agent may give its result, brought to one: a promise of the output, `undefined` where it gave none. */
import { isObservable, type Observable } from 'rxjs';
import { type JsonValue } from '../../contract/json.js';
import { type AgentContext, Piece } from '../agent.js';
import { type Pace } from '../run/pace.js';

type Sink = Pick<AgentContext, 'text' | 'data' | 'signal'> & { readonly closed: boolean };

export async function consume(result: unknown, sink: Sink, pace: Pace): Promise<unknown> {
  const given: unknown = isThenable(result) ? await result : result;
  if (isObservable(given)) return consumeObservable(given, sink);
  const iterator = iteratorOf(given);
  return iterator ? consumeIterator(iterator, sink, pace) : given;
}

/** Streams what a source gives: strings as text, other values as data, of which the last may be the output. */
class Gathered {
  private last: unknown;

  constructor(private readonly sink: Sink) {}

  add(value: unknown): void {
    if (value instanceof Piece || value === undefined) return;
    if (typeof value === 'string') {
      this.sink.text(value);
    } else {
      this.last = value;
      this.sink.data(value as JsonValue);
    }
  }

  get output(): unknown {
    return this.last;
  }
}

async function consumeIterator(iterator: Iterator<unknown> | AsyncIterator<unknown>, sink: Sink, pace: Pace): Promise<unknown> {
  const gathered = new Gathered(sink);
  for (;;) {
    const next = await iterator.next();
    if (next.done) return next.value === undefined ? gathered.output : next.value;
    if (sink.closed) {
      // Lets the generator run its `finally`; what that gives or throws concerns nobody any more.
      await Promise.resolve(iterator.return?.()).catch(() => undefined);
      return undefined;
    }
    gathered.add(next.value);
    await pace.next();
  }
}

function consumeObservable(source: Observable<unknown>, sink: Sink): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const gathered = new Gathered(sink);
    const subscription = source.subscribe({
      next: (value) => gathered.add(value),
      error: reject,
      complete: () => resolve(gathered.output),
    });
    const { signal } = sink;
    const stop = () => {
      subscription.unsubscribe();
      resolve(undefined);
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

/** Of async iterables and of generators; arrays and other collections are values, not streams. */
function iteratorOf(value: unknown): Iterator<unknown> | AsyncIterator<unknown> | undefined {
  if (value === null || typeof value !== 'object') return undefined;
  if (Symbol.asyncIterator in value) return (value as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  if (Symbol.iterator in value && typeof (value as { next?: unknown }).next === 'function') return (value as Iterable<unknown>)[Symbol.iterator]();
  return undefined;
}
