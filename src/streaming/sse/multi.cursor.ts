/**
 * Where a reader stands in several logs at once: a position for each that it is in the middle of, and a mark up to which
 * (in the order of their start) all others are done with. Opaque to clients; text that is safe in headers and URLs.
 *
 *   m<mark>[.<ordinal>:<seq>]…    numbers in base 36; the m keeps the seq of a single stream from being taken for one
 *
 * The text is in every frame. So it is silent of the youngest, as long as none of them has told anything: a queue of a
 * thousand is above its mark, as what is yet to be started is.
 */
import { StepcastError } from '../../contract/errors.js';

const FORM = /^m[0-9a-z]{1,11}(\.[0-9a-z]{1,11}:[0-9a-z]{1,11})*$/;
/** What proxies and servers take as one header. */
const MAX_LENGTH = 8192;

export class MultiCursor {
  private constructor(
    /** Executions with an ordinal up to this one have been begun; without a position, they are done with. */
    public mark: number,
    /** The mark of the text: all that are above it have yet to tell something. */
    private reached: number,
    private readonly positions: Map<number, number>,
  ) {}

  static start(): MultiCursor {
    return new MultiCursor(0, 0, new Map());
  }

  /** Done with all up to `mark` but those that are set. Of these, `reached` is the youngest that has told something, or is done with. */
  static at(mark: number, reached: number): MultiCursor {
    return new MultiCursor(mark, reached, new Map());
  }

  /** @throws StepcastError `invalid_cursor` */
  static parse(text: string, path: string): MultiCursor {
    if (text.length > MAX_LENGTH) throw tooLong(path);
    if (!FORM.test(text)) throw foreign(path);
    const [mark, ...entries] = text.slice(1).split('.') as [string, ...string[]];
    const positions = entries.map((entry) => entry.split(':').map((part) => parseInt(part, 36)) as [number, number]);
    return new MultiCursor(parseInt(mark, 36), parseInt(mark, 36), new Map(positions));
  }

  /** An id of a journal that held more: what is started next would be taken for seen. @throws StepcastError `invalid_cursor` */
  checkMark(lastOrdinal: number, path: string): void {
    if (this.mark > lastOrdinal) throw foreign(path);
  }

  /** The seq after which the execution goes on; nothing where it is done with. */
  after(ordinal: number): number | undefined {
    return this.positions.get(ordinal) ?? (ordinal > this.mark ? 0 : undefined);
  }

  set(ordinal: number, seq: number): void {
    this.mark = Math.max(this.mark, ordinal);
    if (seq > 0) this.reached = Math.max(this.reached, ordinal);
    this.positions.set(ordinal, seq);
  }

  /** The execution is followed from now on: what it has to say may come after the mark has moved past it. */
  begin(ordinal: number): void {
    const after = this.after(ordinal);
    if (after !== undefined) this.set(ordinal, after);
  }

  /** The execution's terminal event has been sent. */
  finish(ordinal: number): void {
    this.mark = Math.max(this.mark, ordinal);
    this.reached = Math.max(this.reached, ordinal);
    this.positions.delete(ordinal);
  }

  /** Ordinals of the executions that the reader is in the middle of. */
  open(): number[] {
    return [...this.positions.keys()];
  }

  toString(): string {
    const { reached } = this;
    let text = `m${reached.toString(36)}`;
    for (const [ordinal, seq] of this.positions) if (ordinal <= reached) text += `.${ordinal.toString(36)}:${seq.toString(36)}`;
    return text;
  }
}

function foreign(path: string): StepcastError {
  return new StepcastError('invalid_cursor', `${path.slice(1)} is no cursor of this stream; resume with the last id you were sent`, {
    faults: [{ path, message: 'must be an id that this stream has sent' }],
  });
}

/** Where so many run at once, it is one that the stream has sent. */
function tooLong(path: string): StepcastError {
  return new StepcastError('invalid_cursor', `${path.slice(1)} has more than ${MAX_LENGTH} characters, as about a thousand executions make that run at once; follow them by their ids, up to 100 over one connection`, {
    faults: [{ path, message: `must have at most ${MAX_LENGTH} characters` }],
  });
}
