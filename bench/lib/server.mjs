/**
 * What every server is asked to do: open streams, then make pieces and send them to whoever subscribes to
 * `/stream/<number>`. A peer's module gives `{ port, emit(stream, events) }`; the rest is here.
 */
import { randomUUID } from 'node:crypto';
import { answerCalls } from './calls.mjs';
import { memory, range } from './engine.mjs';
import { Credits, produceBursts, produceLog, producePaced } from './production.mjs';

/** The pieces of the streams of a run, by the plan of its bench. */
export function produce(plan, index, credits, emit) {
  switch (plan.kind) {
    case 'bursts':
      return produceBursts({ ...plan, credits }, emit);
    case 'paced':
      return producePaced({ ...plan, phaseMs: (plan.intervalMs * index) / plan.streams }, emit);
    case 'log':
      return produceLog(plan, emit);
    default:
      throw new Error(`a stream of the kind ${plan.kind} makes nothing`);
  }
}

/** Subscribers by stream. */
export class Subscribers {
  #streams = new Map();

  join(stream, subscriber) {
    let all = this.#streams.get(stream);
    if (!all) this.#streams.set(stream, (all = new Set()));
    all.add(subscriber);
    return () => {
      all.delete(subscriber);
      if (all.size === 0) this.#streams.delete(stream);
    };
  }

  of(stream) {
    return this.#streams.get(stream) ?? [];
  }
}

/** A frame as Stepcast writes it. */
export const frameOf = (event) => `event: ${event.type}\nid: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`;

/** Events that are in every field like Stepcast's `step_output`, so that all servers send the same bytes. */
export class EventMaker {
  #time = 0;
  #timestamp;
  #seq = 0;
  #offset = 0;
  #executionId = randomUUID();

  make(delta) {
    const offset = this.#offset;
    this.#offset += delta.length;
    const now = Date.now();
    if (now !== this.#time) {
      this.#time = now;
      this.#timestamp = new Date(now).toISOString();
    }
    return {
      seq: ++this.#seq, type: 'step_output', executionId: this.#executionId, workflow: 'stream', timestamp: this.#timestamp, progress: 0,
      step: { id: 'source', name: 'source', type: 'agent', index: 0, total: 1, attempt: 1, iteration: 0, status: 'running' },
      data: { delta, kind: 'text', offset },
    };
  }
}

/** Serves the calls of the benches for a peer that `start` starts. */
export function servePeer(start) {
  const credits = new Credits();
  let peer;
  let plan;
  let opened = 0;

  answerCalls({
    memory,
    async listen() {
      const ackPort = await credits.listen();
      peer = await start();
      return { port: peer.port, ackPort };
    },
    open(given) {
      plan = { ...given, first: opened };
      opened += plan.streams;
      if (plan.window) credits.reset(plan);
      return { paths: range(plan.streams, (i) => `/stream/${plan.first + i}`), before: 0 };
    },
    /** Makes the pieces; answers how many each stream was given. */
    async produce() {
      const made = await Promise.all(range(plan.streams, (i) => {
        const stream = String(plan.first + i);
        const events = new EventMaker();
        return produce(plan, i, credits, (pieces) => peer.emit(stream, pieces.map((piece) => events.make(piece))));
      }));
      return { pieces: made[0] };
    },
  });
}
