/** Streams of the log as chunks of bytes: of one execution, or of several over one connection. */
import { Injectable } from '@nestjs/common';
import { EMPTY, Observable, startWith } from 'rxjs';
import { type Principal } from '../../auth/principal.js';
import { hasSeenEnd } from '../../contract/state.js';
import { Journal } from '../../journal/journal.js';
import { type ExecutionRecord, type ReadyGate } from '../../journal/journal.types.js';
import { type Encoding, encodingOf } from '../protocols/encoders.js';
import { protocolStream } from '../protocols/protocol.stream.js';
import { cursorChunk, type StreamChunk, type StreamItem } from './frames.js';
import { followAll, followSeveral } from './multi.stream.js';
import { beginsLate, firstAfter, type StreamRequest } from './stream.request.js';
import { type StreamEnd } from './stream.end.js';
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
  execution(record: ExecutionRecord, { start, protocol }: StreamRequest, principal: Principal, gate: ReadyGate): Observable<StreamItem> {
    if (protocol) return this.translated(record, encodingOf(protocol, record, start), principal, gate);
    const after = firstAfter(start, record.lastSeq);
    if (hasSeenEnd(record, after)) return EMPTY;
    const events = this.journal.follow(record.id, after, gate);
    return this.asLongAsAllowed(beginsLate(start) ? events.pipe(startWith(cursorChunk(String(after)))) : events, principal);
  }

  /** One execution in the words of a protocol; completes where those end. */
  translated(record: ExecutionRecord, { encoder, skip }: Encoding, principal: Principal, gate: ReadyGate): Observable<StreamChunk> {
    return protocolStream(this.asLongAsAllowed(this.journal.follow(record.id, 0, gate), principal), encoder, skip, record.lastSeq);
  }

  /** The executions given; completes after the last terminal event. @throws StepcastError `invalid_cursor` */
  several(records: readonly ExecutionRecord[], request: StreamRequest, principal: Principal, gate: ReadyGate): Observable<StreamChunk> {
    return this.asLongAsAllowed(followSeveral(this.journal, records, request, gate), principal);
  }

  /** All of the user's own executions, present and future; never completes by itself. @throws StepcastError `invalid_cursor` */
  all(user: string, request: StreamRequest, principal: Principal, gate: ReadyGate): Observable<StreamChunk> {
    return this.asLongAsAllowed(followAll(this.journal, user, request, gate), principal);
  }

  /** The same subscriber all the way, and no `takeUntil`: operators would be most of what an idle stream holds. */
  private asLongAsAllowed<T>(items: Observable<T>, principal: Principal): Observable<T> {
    return new Observable((subscriber) => {
      if (this.shutdown.begun) {
        subscriber.complete();
        return;
      }
      const end = (why?: StreamEnd) => (why ? subscriber.error(why) : subscriber.complete());
      this.rights.watch(principal, end);
      this.shutdown.ends.add(end);
      subscriber.add(() => {
        this.rights.unwatch(principal, end);
        this.shutdown.ends.delete(end);
      });
      items.subscribe(subscriber);
    });
  }
}
