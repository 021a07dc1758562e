/**
 * The log of every execution: numbered events, and beside them a record for lists. This class is the contract of a
 * backend and the DI token; `journal.conformance.ts` is what a backend must pass.
 *
 * - Commit before delivery (P2): readers, followers and `commits$` are told of an event after its transaction.
 * - One transaction per turn: what all executions append in one turn of the loop is committed together.
 * - One owner: `append` carries the owner's epoch; after another `claim` it is refused and `onLost` is called.
 * - Nothing appended is dropped: while the backend fails, appended events wait and are tried again; new executions
 *   are refused with `journal_unavailable`.
 */
import { BehaviorSubject, type Observable, Subject } from 'rxjs';
import { type WorkflowDefinition } from '../contract/definition.js';
import { type KeyRecord } from '../contract/keys.js';
import { type CacheStore } from './cache.store.js';
import { type EventBatch, type RecordedEvent } from './event-batch.js';
import { followLog } from './follow.js';
import {
  type Commit, type ExecutionRecord, type Head, type JournalHealth, type ListQuery, type LogPage, type NewExecution,
  type OwnedExecution, type Page, type ReadyGate, type StoredWorkflow, type UnfinishedCount,
} from './journal.types.js';
import { TailRegistry } from './tail.js';

export abstract class Journal {
  readonly commits$ = new Subject<Commit>();
  readonly health$ = new BehaviorSubject<JournalHealth>({ ready: false, reason: 'the journal is not open yet' });
  protected readonly tails = new TailRegistry();
  /** Results of agents, kept with the log and as durable as it. */
  abstract readonly cache: CacheStore;

  /** Opens the backend; where that fails it is tried again in the background, and `health$` says why. */
  abstract open(): Promise<void>;
  /** Commits what waits, where it still can, and lets go of the backend. */
  abstract close(): Promise<void>;

  /**
   * Adds an execution, with no events yet. With an idempotency key that its user has used before, nothing is added
   * and the earlier execution is answered with `created: false`.
   * @throws StepcastError `journal_unavailable`, or `idempotency_conflict` where the key came with another body.
   */
  abstract create(execution: NewExecution): Promise<{ record: OwnedExecution; created: boolean }>;

  /**
   * Takes an execution over: raises its epoch, and counts a resume where `countResume` is set. The count is back at 0
   * with `clearResumes`.
   */
  abstract claim(id: string, options: { countResume: boolean }): Promise<OwnedExecution>;
  abstract clearResumes(ids: readonly string[]): Promise<void>;

  /**
   * Adds the next event of an execution to this turn's transaction. `head` is read when the transaction is made.
   * `onLost` is called where another owner has claimed the execution meanwhile, or it is gone.
   */
  abstract append(id: string, epoch: number, event: RecordedEvent, head: Readonly<Head>, onLost: () => void): void;
  /** Whether events of the execution wait for their commit. */
  abstract isPending(id: string): boolean;
  /** Resolves when all that was appended before is committed; rejects with `journal_unavailable` where that fails. */
  abstract flushed(): Promise<void>;
  /**
   * Nothing while all is well; else resolves when appended events can be committed again, which after `close` is never.
   * For engines to hold back on.
   */
  abstract whenWritable(): Promise<void> | undefined;
  /** What `health$` says, after a look whether that still holds: while nothing is written, nothing else tells that it could not be. */
  async check(): Promise<JournalHealth> {
    return this.health$.value;
  }

  abstract find(id: string): Promise<ExecutionRecord | undefined>;
  /** The same with all that was given at its start, without taking it over. */
  abstract findOwned(id: string): Promise<OwnedExecution | undefined>;
  /** What a user has started with an idempotency key, and with which body; nothing where the key is free. */
  abstract findByKey(user: string, key: string): Promise<{ record: ExecutionRecord; fingerprint: string } | undefined>;
  /** Newest first, but with `after` oldest first. */
  abstract list(query: ListQuery): Promise<ExecutionRecord[]>;
  /** Executions that are not finished, oldest first. */
  abstract unfinished(): Promise<ExecutionRecord[]>;
  /** The ordinal of the execution that was started last, whether it is still there or not; 0 before the first. */
  abstract lastOrdinal(): Promise<number>;
  /** How many executions are not finished, by workflow, where that comes from, and status. */
  abstract countUnfinished(): Promise<UnfinishedCount[]>;
  /** Events after `after`, or nothing where there are none (yet). @throws StepcastError `not_found`, `gone`, `journal_unavailable` */
  abstract read(id: string, after: number, page: Page): Promise<EventBatch | undefined>;

  /**
   * What was committed after a position in the log of all executions, in the order of the commits, which keeps that of each
   * execution. Positions grow and are never given again; 0 is before the first. At least one batch a page, where there is one.
   */
  abstract readAllAfter(position: number, page: Page): Promise<LogPage>;
  /** Where the log of all executions ends. */
  abstract lastPosition(): Promise<number>;
  /** The position that was saved under the name; the first time, where the log ends now, which is saved. */
  abstract openCursor(name: string): Promise<number>;
  /** Saves it, unless a later one is saved already. */
  abstract saveCursor(name: string, position: number): Promise<void>;

  /**
   * Stores a definition under its user and name, in place of an earlier one; answers false, and stores nothing, where the
   * user would then have more than so many of them, or of bytes of their JSON together.
   */
  abstract saveWorkflow(user: string, definition: WorkflowDefinition, now: number, most?: { count: number; bytes: number }): Promise<boolean>;
  abstract findWorkflow(user: string, name: string): Promise<StoredWorkflow | undefined>;
  abstract listWorkflows(user: string): Promise<StoredWorkflow[]>;
  abstract deleteWorkflow(user: string, name: string): Promise<boolean>;

  /** Adds a key; an earlier one of the same id is replaced. */
  abstract saveKey(key: KeyRecord): Promise<void>;
  abstract findKey(hash: string): Promise<KeyRecord | undefined>;
  /** In the order they were added. */
  abstract listKeys(): Promise<KeyRecord[]>;
  abstract deleteKey(id: string): Promise<boolean>;
  /** Notes when a key was used last; nothing where it is gone. */
  abstract touchKey(id: string, at: number): Promise<void>;

  /**
   * Removes executions that finished before `before`, and forgets after `forgetBefore` that they existed. Answers how many
   * were removed. What of the cache is good no more at `now` goes too.
   */
  abstract sweep(before: number, forgetBefore: number, now: number): Promise<number>;
  /** The owner of an execution that retention has removed, as long as that is remembered. */
  abstract findRemoved(id: string): Promise<{ user: string } | undefined>;

  /** How many events of a running execution are kept in memory for its readers at the live end. */
  setBufferSize(id: string, events: number): void {
    this.tails.setBufferSize(id, events);
  }

  /**
   * Past and then live events after `after`, in order, without a seam; completes after the terminal event. Late, live
   * and resumed readers all come through here. `ready` lets a reader hold the flow back: nothing is kept for it
   * meanwhile but its cursor. While the journal cannot be read it waits, when the journal closes it completes, and
   * where there is no such execution it fails with `not_found`, where retention has taken it with `gone`.
   */
  follow(id: string, after: number, ready?: ReadyGate): Observable<EventBatch> {
    return followLog(this, this.tails, id, after, ready);
  }
}
