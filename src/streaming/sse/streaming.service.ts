/** Streams of the log as chunks of bytes: of one execution, or of several over one connection. */
import { Injectable } from '@nestjs/common';
import { EMPTY, map, merge, type Observable, of, takeUntil } from 'rxjs';
import { type Principal } from '../../auth/principal.js';
import { hasSeenEnd } from '../../contract/state.js';
import { Journal } from '../../journal/journal.js';
import { type ExecutionRecord, type ReadyGate } from '../../journal/journal.types.js';
import { cursorChunk, encodeBatch, type StreamChunk } from './frames.js';
import { followAll, followSeveral } from './multi.stream.js';
import { beginsLate, firstAfter, type StreamRequest } from './stream.request.js';
import { StreamRights } from './stream.rights.js';
import { StreamShutdown } from './stream.shutdown.js';

@Injectable()
export class StreamingService {
  constructor(
    private readonly journal: Journal,
    private readonly rights: StreamRights,
    private readonly shutdown: StreamShutdown,
  ) {}

  /** One execution, from where the reader asks; completes after the terminal event. */
  execution(record: ExecutionRecord, request: StreamRequest, principal: Principal, gate: ReadyGate): Observable<StreamChunk> {
    const after = firstAfter(request.start, record.lastSeq);
    if (hasSeenEnd(record, after)) return EMPTY;
    const begin = beginsLate(request.start) ? of(cursorChunk(String(after))) : EMPTY;
    const events = this.journal.follow(record.id, after, gate).pipe(map((batch) => encodeBatch(batch, request.view)));
    return this.asLongAsAllowed(merge(begin, events), principal);
  }

  /** The executions given; completes after the last terminal event. @throws StepcastError `invalid_cursor` */
  several(records: readonly ExecutionRecord[], request: StreamRequest, principal: Principal, gate: ReadyGate): Observable<StreamChunk> {
    return this.asLongAsAllowed(followSeveral(this.journal, records, request, gate), principal);
  }

  /** All of the user's own executions, present and future; never completes by itself. @throws StepcastError `invalid_cursor` */
  all(user: string, request: StreamRequest, principal: Principal, gate: ReadyGate): Observable<StreamChunk> {
    return this.asLongAsAllowed(followAll(this.journal, user, request, gate), principal);
  }

  private asLongAsAllowed(chunks: Observable<StreamChunk>, principal: Principal): Observable<StreamChunk> {
    return chunks.pipe(takeUntil(merge(this.rights.lost(principal), this.shutdown.begun$)));
  }
}
