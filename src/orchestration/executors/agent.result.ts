/** The forms in which an agent may give its result as a stream, brought to one: a promise of the output, `undefined` where it gave none. */
import { isObservable, type Observable, Subscription, tap } from 'rxjs';
import { type JsonValue } from '../../contract/json.js';
import { type AgentContext, Piece } from '../agent.js';
import { type Pace } from '../run/pace.js';

/** Where it is streamed to, and how long. */
export interface Sink extends Pick<AgentContext, 'text' | 'data'> {
  /** The attempt has ended: nothing is taken any more. */
  readonly closed: boolean;
  /** Calls `listener` when the attempt ends; at once where it has. */
  onClose(listener: () => void): void;
}

/** Nothing where what is given is no stream but the output itself. */
export function consume(given: unknown, sink: Sink, pace: Pace): Promise<unknown> | undefined {
  if (given === null || typeof given !== 'object') return undefined;
  if (isObservable(given)) return consumeObservable(given, sink);
  const iterator = iteratorOf(given);
  return iterator && consumeIterator(iterator, sink, pace);
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
  let ended = false;
  const release = () => {
    if (!ended) cleanUp(() => iterator.return?.());
  };
  // At once, and not with the next value, which may never come.
  sink.onClose(release);
  for (;;) {
    const next = await iterator.next();
    if (next.done) {
      ended = true;
      return next.value === undefined ? gathered.output : next.value;
    }
    if (sink.closed) return release();
    try {
      gathered.add(next.value);
    } catch (error) {
      release();
      throw error;
    }
    const wait = pace.next();
    if (wait) await wait;
  }
}

/** Lets a source run its `finally` or its teardown; what that gives or throws concerns nobody any more. */
function cleanUp(work: () => unknown): void {
  const done = async () => work();
  done().catch(() => undefined);
}

function consumeObservable(source: Observable<unknown>, sink: Sink): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const gathered = new Gathered(sink);
    const subscription = new Subscription();
    sink.onClose(() => {
      cleanUp(() => subscription.unsubscribe());
      resolve(undefined);
    });
    if (sink.closed) return;
    // tap, and not an observer's next: what that throws, RxJS reports to the process, and goes on.
    subscription.add(source.pipe(tap((value) => gathered.add(value))).subscribe({ error: reject, complete: () => resolve(gathered.output) }));
  });
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

/** Of async iterables and of generators; arrays and other collections are values, not streams. */
function iteratorOf(value: object): Iterator<unknown> | AsyncIterator<unknown> | undefined {
  if (Symbol.asyncIterator in value) return (value as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  if (Symbol.iterator in value && typeof (value as { next?: unknown }).next === 'function') return (value as Iterable<unknown>)[Symbol.iterator]();
  return undefined;
}
