/** Writes down what a page sees, for its test to read. */
import { StepcastClient } from '../../src/client/stepcast.client.js';
import { type ExecutionSnapshot } from '../../src/client/execution.store.js';
import { type ExecutionEvent } from '../../src/contract/events.js';
import { type ExecutionState } from '../../src/contract/state.js';
import { type GivenLabels } from '../../src/client/view/labels.js';
import { type Brief, type PageLook, type Seen, type Target } from './harness.types.js';

export class Recorder {
  private readonly seen: Seen = { seqs: [], renders: 0, frames: 0, mostEvents: 0, status: '', text: '', progress: 0, error: null, result: null, connections: [], finished: [] };

  constructor() {
    const count = () => {
      this.seen.frames++;
      requestAnimationFrame(count);
    };
    requestAnimationFrame(count);
  }

  readonly onEvent = ({ seq }: ExecutionEvent): void => void this.seen.seqs.push(seq);
  readonly onFinish = ({ id, status }: ExecutionState): void => void this.seen.finished.push(`${id} ${status}`);

  rendered({ events, status, text, progress, error, result, connection }: ExecutionSnapshot): void {
    const { seen } = this;
    Object.assign(seen, { status, text, progress, error: error?.message ?? null, result });
    seen.renders++;
    seen.mostEvents = Math.max(seen.mostEvents, events.length);
    if (seen.connections.at(-1) !== connection.state) seen.connections.push(connection.state);
  }

  brief(): Brief {
    const { seqs, text: _text, result: _result, ...rest } = this.seen;
    return { ...rest, count: seqs.length };
  }

  read(): Seen {
    return structuredClone(this.seen);
  }
}

export function clientOf({ baseUrl, apiKey, stallMs, probeMs }: Target): StepcastClient {
  return new StepcastClient({ baseUrl, auth: { apiKey }, reconnect: { delayMs: 20, maxDelayMs: 200 }, ...(stallMs === undefined ? {} : { stallMs }), ...(probeMs === undefined ? {} : { probeMs }) });
}

export const GERMAN: GivenLabels = {
  progress: 'Fortschritt', cancel: 'Abbrechen', yes: 'Ja', steps: 'Schritte', status: { waiting: 'Wartet auf dich' }, said: { stepStarted: (step) => `${step} beginnt` },
};

export const PAGE: PageLook = {
  unstyle: () => document.querySelector('link[rel=stylesheet]')?.remove(),
  focused: () => {
    const { activeElement } = document;
    return { step: activeElement?.closest<HTMLElement>('[data-step]')?.dataset['step'], text: activeElement?.textContent ?? '' };
  },
  outline: () => Array.from(document.querySelectorAll('.stepcast, .stepcast *'), ({ tagName, className, role }) => [tagName, className, role].join(' ')),
  overflow: () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
};
