/** One execution with one reader that never gives up, and what it has read so far. */
import { expect } from '@jest/globals';
import { type WorkflowDefinition } from '../../../src/contract/definition.js';
import { type ExecutionEvent } from '../../../src/contract/events.js';
import { type JsonValue } from '../../../src/contract/json.js';
import { checkLog, type Checked } from '../../property/support/log.checker.js';
import { assertWhole } from '../../support/assert-whole.js';
import { within } from '../../support/patience.js';
import { isEvent } from '../../support/sse.js';
import { Follower } from './follower.js';
import { type Lineage } from './lineage.js';

const END_MS = 60_000;

export class Watched {
  readonly follower: Follower;
  readonly log: ExecutionEvent[] = [];
  private waiting: (() => void)[] = [];

  constructor(private readonly lineage: Lineage, readonly id: string, private readonly definition?: WorkflowDefinition) {
    this.follower = new Follower(lineage, id, {
      onEvent: (event) => {
        this.log.push(event);
        for (const resolve of this.waiting.splice(0)) resolve();
      },
    });
  }

  static async start(lineage: Lineage, definition: WorkflowDefinition, input?: JsonValue): Promise<Watched> {
    return new Watched(lineage, await lineage.client.start(definition, input), definition);
  }

  /** The `count`th event that passes, come or to come. */
  async until(test: (event: ExecutionEvent) => boolean, count = 1): Promise<void> {
    while (this.log.filter(test).length < count) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  get ended(): Promise<void> {
    return within(this.follower.done, () => `the end of ${this.id} after ${this.log.length} events, the last ${this.log.at(-1)?.type}`, END_MS);
  }

  /** Waits for the end. What its reader was sent over all its connections is the log, byte for byte, and the log is whole. */
  async whole(): Promise<ExecutionEvent[]> {
    await this.ended;
    const replay = await this.lineage.client.openExecution(this.id);
    await replay.whenEnded();
    expect(this.follower.received).toEqual(replay.frames.filter(isEvent).map(({ event, id, data }) => ({ event, id, data })));
    assertWhole(this.log);
    return this.log;
  }

  /** The same, and the log keeps every promise to the definition. */
  async checked(): Promise<Checked> {
    return checkLog(this.definition as WorkflowDefinition, await this.whole());
  }
}
