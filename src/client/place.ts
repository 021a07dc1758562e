/** What a stream is followed of: where it is asked for, and how far its reader has come. */
import { TERMINAL_TYPES, type EventType, type ExecutionEvent } from '../contract/events.js';
import { executionPath, type Query } from './transport.js';

export interface Place {
  /** Finds out where to begin, where that is not known yet. */
  begin?(): Promise<void>;
  /** Path of the stream. */
  readonly path: string;
  readonly query: Query;
  /** The last id that was handed on. */
  readonly cursor: string | undefined;
  /** Path of the same events as pages, where there are such. */
  readonly pages: string | undefined;
  /** Of one execution; several have none. */
  readonly executionId: string | undefined;
  /** Whether the event is to be handed on, was handed on before, or comes after one that has not come. */
  check(event: ExecutionEvent): 'next' | 'seen' | 'gap';
  /** A frame is done with. */
  advance(id: string): void;
  shows(type: EventType): boolean;
  isLast(event: ExecutionEvent): boolean;
}

/** One execution from a seq on. */
export class ExecutionPlace implements Place {
  readonly path: string;
  readonly pages: string;
  private readonly types: ReadonlySet<EventType> | undefined;
  private after = 0;
  private hasBegun = false;

  /** @param first Finds the seq of the last event that the reader has. */
  constructor(
    readonly executionId: string,
    private readonly first: () => Promise<number>,
    types: readonly EventType[] | undefined,
  ) {
    this.path = `${executionPath(executionId)}/stream`;
    this.pages = `${executionPath(executionId)}/events`;
    this.types = types && new Set(types);
  }

  async begin(): Promise<void> {
    if (this.hasBegun) return;
    this.after = await this.first();
    this.hasBegun = true;
  }

  get query(): Query {
    return { types: this.types && [...this.types] };
  }

  get cursor(): string {
    return String(this.after);
  }

  check({ seq }: ExecutionEvent): 'next' | 'seen' | 'gap' {
    if (seq <= this.after) return 'seen';
    return this.types || seq === this.after + 1 ? 'next' : 'gap';
  }

  advance(id: string): void {
    const seq = Number(id);
    if (seq > this.after) this.after = seq;
  }

  shows(type: EventType): boolean {
    return this.types?.has(type) ?? true;
  }

  isLast({ type }: ExecutionEvent): boolean {
    return TERMINAL_TYPES.has(type);
  }
}

/** Several executions, or all of one's own, from an opaque cursor on: its service says where it ends. */
export class SeveralPlace implements Place {
  readonly path = '/stream';
  readonly pages = undefined;
  readonly executionId = undefined;

  constructor(
    public cursor: string | undefined,
    private readonly executions: readonly string[] | undefined,
    private readonly types: readonly EventType[] | undefined,
    private readonly from: 'latest' | undefined,
  ) {}

  get query(): Query {
    // The stream tells its cursor first, so where it has begun is known from then on.
    return { executions: this.executions, types: this.types, from: this.cursor === undefined ? this.from : undefined };
  }

  check(): 'next' {
    return 'next';
  }

  advance(id: string): void {
    this.cursor = id;
  }

  shows(): boolean {
    return true;
  }

  isLast(): boolean {
    return false;
  }
}
