/**
 * An execution as a user interface shows it: what has come so far, as snapshots that change at most once a frame, however many
 * events come. Hooks of React and Vue are thin over it. It reads while somebody listens, and goes on from where it was.
 */
import { type EventType, type ExecutionEvent } from '../contract/events.js';
import { isComposite } from '../contract/definition.js';
import { type JsonValue } from '../contract/json.js';
import { applyEvent, type ExecutionState, type ExecutionStatus, FINISHED_STATUSES, initialState, type StepState } from '../contract/state.js';
import { stepsBelow } from '../contract/steps.below.js';
import { ExecutionError, type RequestError } from './client.error.js';
import { type Connection } from './follow.js';
import { type StepcastClient } from './stepcast.client.js';

/** What is shown. A new object each time; what has not changed in it is the same object as before. */
export interface ExecutionSnapshot {
  /** The last ones, `maxEvents` at most. */
  events: readonly ExecutionEvent[];
  /** The fold of all events so far. */
  state: ExecutionState;
  status: ExecutionStatus;
  /** 0..1 */
  progress: number;
  /** The step that started last of those that run or wait and do something themselves. */
  currentStep: StepState | undefined;
  /** What the step has streamed that wrote last; retries are out of it. */
  text: string;
  result: JsonValue;
  /** Why the execution failed, or why its stream cannot be had. To be cancelled is no error: `status` tells it. */
  error: ExecutionError | RequestError | Error | null;
  connection: Connection;
}

/** Of no execution. */
export const NO_SNAPSHOT: ExecutionSnapshot = {
  events: [], state: initialState({ id: '', workflow: '', createdAt: '' }), status: 'queued', progress: 0, currentStep: undefined,
  text: '', result: null, error: null, connection: { state: 'connecting' },
};

export interface ExecutionStoreOptions {
  /** How many events a snapshot holds at most; default 1,000. The state is of all of them. */
  maxEvents?: number | undefined;
  /** Told each event once, in order, as it comes. What it throws is reported as uncaught, and the stream goes on. */
  onEvent?: ((event: ExecutionEvent) => void) | undefined;
}

/** Where steps change that an event does not name. */
const FAR_REACHING: ReadonlySet<EventType> = new Set(['workflow_resumed', 'workflow_completed', 'workflow_failed', 'workflow_cancelled']);
/** A page in the background draws no frames: there, so many milliseconds make one. */
const HIDDEN_FRAME_MS = 200;
/** Where nothing is ever drawn. */
const FRAME_MS = 16;

export class ExecutionStore {
  private readonly draft: ExecutionState;
  private readonly listeners = new Set<() => void>();
  private readonly changed = new Set<string>();
  private readonly maxEvents: number;
  private snapshot!: ExecutionSnapshot;
  private events: ExecutionEvent[] = [];
  private connection: Connection = { state: 'connecting' };
  private failure: Error | null = null;
  private textStep: string | undefined;
  private reader: AbortController | undefined;
  private isPlanned = false;

  constructor(
    private readonly client: Pick<StepcastClient, 'stream'>,
    readonly executionId: string,
    private readonly options: ExecutionStoreOptions = {},
  ) {
    this.maxEvents = options.maxEvents ?? 1000;
    this.draft = initialState({ id: executionId, workflow: '', createdAt: '' });
    this.snapshot = this.next({ ...this.draft, steps: {} });
  }

  /** Reads from the first listener on, until the last one has left. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    if (!this.reader) void this.read();
    return () => {
      this.listeners.delete(listener);
      // One that is mounted anew at once, as React's StrictMode does, finds the line still open.
      setTimeout(() => this.isWanted || this.reader?.abort());
    };
  };

  readonly getSnapshot = (): ExecutionSnapshot => this.snapshot;

  private get isWanted(): boolean {
    return this.listeners.size > 0;
  }

  /** There is one at a time, so no event is taken twice. */
  private async read(): Promise<void> {
    const { draft } = this;
    if (FINISHED_STATUSES.has(draft.status)) return;
    const reader = (this.reader = new AbortController());
    this.failure = null;
    try {
      const onConnection = (connection: Connection) => this.show(connection);
      for await (const event of this.client.stream(this.executionId, { after: draft.lastSeq, signal: reader.signal, onConnection })) {
        // Nobody is told an event after having left; whoever comes next reads on from here.
        if (!this.isWanted) reader.abort();
        if (reader.signal.aborted) break;
        this.take(event);
      }
    } catch (error) {
      if (!reader.signal.aborted) {
        this.failure = error as Error;
        this.show({ state: 'ended' });
      }
    }
    this.reader = undefined;
    // Somebody came while the line was being closed.
    if (reader.signal.aborted && this.isWanted) void this.read();
  }

  private show(connection: Connection): void {
    this.connection = connection;
    this.plan();
  }

  private take(event: ExecutionEvent): void {
    const { draft, changed } = this;
    if (draft.workflow === '') Object.assign(draft, { workflow: event.workflow, sessionId: event.sessionId ?? null, createdAt: event.timestamp });
    applyEvent(draft, event);
    const { step } = event;
    if (FAR_REACHING.has(event.type)) for (const id of Object.keys(draft.steps)) changed.add(id);
    else if (event.type === 'step_retrying') for (const id of [event.step.id, ...stepsBelow(draft.steps, event.step.id)]) changed.add(id);
    else if (step) changed.add(step.id);
    if (event.type === 'step_output' && event.data.kind === 'text') this.textStep = event.step.id;
    this.events.push(event);
    if (this.events.length >= 2 * this.maxEvents) this.events = this.recent();
    this.plan();
    try {
      this.options.onEvent?.(event);
    } catch (error) {
      report(error);
    }
  }

  private recent(): ExecutionEvent[] {
    return this.maxEvents > 0 ? this.events.slice(-this.maxEvents) : [];
  }

  private plan(): void {
    if (this.isPlanned) return;
    this.isPlanned = true;
    onFrame(() => {
      this.isPlanned = false;
      this.snapshot = this.next(this.fresh());
      for (const listener of this.listeners) listener();
    });
  }

  /** The state with new objects where something has changed since the last one, and the same where not. */
  private fresh(): ExecutionState {
    const { draft, changed, snapshot } = this;
    if (changed.size === 0 && snapshot.state.lastSeq === draft.lastSeq) return snapshot.state;
    const steps = { ...snapshot.state.steps };
    for (const id of changed) steps[id] = { ...(draft.steps[id] as StepState) };
    changed.clear();
    return { ...draft, activeSteps: [...draft.activeSteps], usage: { ...draft.usage }, steps };
  }

  private next(state: ExecutionState): ExecutionSnapshot {
    const { status, progress, result, activeSteps, steps } = state;
    const current = activeSteps.findLast((id) => !isComposite((steps[id] as StepState).type));
    const isNew = state !== this.snapshot?.state;
    return {
      state, status, progress, result,
      events: isNew ? this.recent() : this.snapshot.events,
      currentStep: current === undefined ? undefined : steps[current],
      text: (this.textStep === undefined ? undefined : steps[this.textStep]?.text) ?? '',
      error: this.failure ?? (status !== 'failed' ? null : isNew ? new ExecutionError(state) : this.snapshot.error),
      connection: this.connection,
    };
  }
}

interface Surroundings {
  requestAnimationFrame: (call: () => void) => number;
  cancelAnimationFrame: (id: number) => void;
  document: { visibilityState: string };
  reportError: (error: unknown) => void;
}
const surroundings = globalThis as Partial<Surroundings>;

/** Calls once: with the next frame that is drawn, or, where none is drawn, soon. */
function onFrame(call: () => void): void {
  const { requestAnimationFrame, cancelAnimationFrame } = surroundings;
  if (!requestAnimationFrame) return void setTimeout(call, FRAME_MS);
  let timer: ReturnType<typeof setTimeout>;
  const frame = requestAnimationFrame(() => {
    clearTimeout(timer);
    call();
  });
  const look = () => {
    // A page that is seen and only busy draws its frame yet.
    if (surroundings.document?.visibilityState === 'visible') return void (timer = setTimeout(look, HIDDEN_FRAME_MS));
    cancelAnimationFrame?.(frame);
    call();
  };
  timer = setTimeout(look, HIDDEN_FRAME_MS);
}

/** As an error that nobody has caught, which says whose fault it is, and stops nothing here. */
function report(error: unknown): void {
  if (surroundings.reportError) surroundings.reportError(error);
  else queueMicrotask(() => {
    throw error;
  });
}
