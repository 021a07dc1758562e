/**
 * Where the calls of tools that a stream tells of meet their running. The SDK starts tools ahead of what is read of its
 * stream: a tool waits here until its call was read, so that events come in the order in which the model made them. It is
 * also given an id that no other call of the attempt has, which not every provider sees to.
 */
interface Line {
  told: string[];
  waiting: ((callId: string) => void)[];
}

export class CallDesk {
  /** By the provider's id of the call. */
  private readonly lines = new Map<string, Line>();
  private readonly used = new Set<string>();
  /** Ids of calls that are being written and were not read yet, by the provider's. */
  private readonly written = new Map<string, string[]>();

  /** The model begins to write a call, whose own id `writing` answers until the next one. */
  announce(providerId: string): void {
    const ids = this.written.get(providerId);
    const callId = this.unique(providerId);
    if (ids) ids.push(callId);
    else this.written.set(providerId, [callId]);
  }

  /** The id of the call that is being written, by which it is told once it was read. */
  writing(providerId: string): string | undefined {
    return this.written.get(providerId)?.at(-1);
  }

  /** A call was read; answers its own id. */
  tell(providerId: string): string {
    const callId = this.take(providerId);
    const { told, waiting } = this.line(providerId);
    const waits = waiting.shift();
    if (waits) waits(callId);
    else told.push(callId);
    return callId;
  }

  /** The id of a call whose tool is to run, once the call was read. */
  async told(providerId: string): Promise<string> {
    const { told, waiting } = this.line(providerId);
    return told.shift() ?? new Promise((resolve) => waiting.push(resolve));
  }

  /** The id of a call that was read, in the order they were written. */
  take(providerId: string): string {
    return this.written.get(providerId)?.shift() ?? this.unique(providerId);
  }

  private unique(providerId: string): string {
    let callId = providerId;
    for (let n = 2; this.used.has(callId); n++) callId = `${providerId}#${n}`;
    this.used.add(callId);
    return callId;
  }

  private line(providerId: string): Line {
    let line = this.lines.get(providerId);
    if (!line) this.lines.set(providerId, (line = { told: [], waiting: [] }));
    return line;
  }
}
