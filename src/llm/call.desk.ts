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

  /** A call was read; answers its own id. */
  tell(providerId: string): string {
    const callId = this.unique(providerId);
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

  /** An id for a call that no tool runs for. */
  unique(providerId: string): string {
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
