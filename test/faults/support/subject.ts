/** One execution under fire: it is started, read by several clients, answered and perhaps cancelled, and held to its promises in the end. */
import { expect } from '@jest/globals';
import { type WorkflowDefinition } from '../../../src/contract/definition.js';
import { type EventType, type ExecutionEvent, TERMINAL_TYPES } from '../../../src/contract/events.js';
import { type JsonValue } from '../../../src/contract/json.js';
import { fold, initialState } from '../../../src/contract/state.js';
import { checkLog } from '../../property/support/log.checker.js';
import { Browser } from '../../support/browser.js';
import { API, type Answer, KEYS } from '../../support/client.js';
import { isEvent } from '../../support/sse.js';
import { Follower } from './follower.js';
import { type Lineage } from './lineage.js';
import { type Random } from './random.js';

/** Events that an execution tells of its resume alone: they do not show that it got any further (recovery.service.ts). */
const NO_ADVANCE: ReadonlySet<EventType> = new Set(['workflow_resumed', 'step_started', 'checkpoint_saved']);

export interface SubjectOptions {
  definition: WorkflowDefinition;
  input: JsonValue;
  random: Random;
  /** Called with every event that its first reader sees. */
  onEvent: () => void;
}

export class Subject {
  id = '';
  /** Resolves when its first reader has seen its end. */
  readonly done: Promise<void>;
  readonly log: ExecutionEvent[] = [];
  private readonly key: string;
  private readers: Follower[] = [];
  private browser: Browser | undefined;
  /** Answers to steps that were taken with 202. */
  private readonly answered: { stepId: string; value: boolean }[] = [];
  private readonly errands: Promise<void>[] = [];
  private cancelAfter: number;
  private cancelStatus: number | undefined;
  private waiting: (() => void)[] = [];

  constructor(private readonly lineage: Lineage, private readonly options: SubjectOptions) {
    const { random, definition } = options;
    this.key = `${definition.name}-${random.int(0, 1e9)}`;
    this.cancelAfter = random.chance(0.15) ? random.int(3, 60) : Infinity;
    this.done = this.live();
    this.done.catch(() => undefined);
  }

  get ended(): boolean {
    return TERMINAL_TYPES.has(this.log.at(-1)?.type ?? 'message');
  }

  /** Resolves when the execution has got further in the present life of the service than it was, or has ended. */
  async advanced(): Promise<void> {
    const { spawnedAt } = this.lineage.life;
    const has = () => this.ended || this.log.some(({ timestamp, type }) => Date.parse(timestamp) >= spawnedAt && !NO_ADVANCE.has(type));
    while (!has()) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  summary(): string {
    return `${this.id} ${this.options.definition.name}: ${this.log.slice(-4).map(({ seq, type, step }) => `${seq} ${type} ${step?.id ?? ''}`).join(', ')}`;
  }

  private async live(): Promise<void> {
    const { definition, input, random } = this.options;
    const start = await this.insist(() => this.lineage.client.post('/executions', { workflow: definition, input, sessionId: this.key }, { 'idempotency-key': this.key }));
    expect(start.status).toBe(202);
    this.id = (start.json as { id: string }).id;
    const first = new Follower(this.lineage, this.id, { onEvent: (event) => this.seen(event) });
    const fickle = new Follower(this.lineage, this.id, { patience: () => random.int(1, 50) });
    this.readers = [first, fickle];
    this.browser = new Browser(`http://127.0.0.1:${this.lineage.port}${API}/executions/${this.id}/stream`, { headers: { 'X-API-Key': KEYS.alice } });
    await first.done;
    await Promise.all([fickle.done, ...this.errands]);
  }

  private seen(event: ExecutionEvent): void {
    this.log.push(event);
    if (event.type === 'input_required') this.errands.push(this.answer(event.step.id));
    if (event.seq >= this.cancelAfter) {
      this.cancelAfter = Infinity;
      this.errands.push(this.cancel());
    }
    this.options.onEvent();
    const { waiting } = this;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }

  /** Once: where the process dies over it, the next one asks again, or has the answer. */
  private async answer(stepId: string): Promise<void> {
    const value = this.options.random.chance(0.5);
    const answer = await this.lineage.client.post(`/executions/${this.id}/input`, { stepId, value }).catch(() => undefined);
    if (answer === undefined) return;
    // Not waiting any more, where another answer or a cancel was there first.
    expect([202, 409]).toContain(answer.status);
    if (answer.status === 202) this.answered.push({ stepId, value });
  }

  private async cancel(): Promise<void> {
    this.cancelStatus = (await this.insist(() => this.lineage.client.post(`/executions/${this.id}/cancel`, {}))).status;
    expect([202, 409]).toContain(this.cancelStatus);
  }

  /** Asks until there is an answer: what a client does whose request was lost with the process. */
  private async insist(ask: () => Promise<Answer>): Promise<Answer> {
    for (;;) {
      await this.lineage.up();
      try {
        return await ask();
      } catch {
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }

  /** P1, P2, P4, P5, P7, P11, P12, P13, with the service up and at rest. Answers how often it was resumed. */
  async verify(): Promise<number> {
    const { client } = this.lineage;
    const replay = await client.openExecution(this.id);
    await replay.whenEnded();
    const frames = replay.frames.filter(isEvent);
    const events = frames.map(({ data }) => JSON.parse(data) as ExecutionEvent);
    const sent = frames.map(({ event, id, data }) => ({ event, id, data }));

    const { resumes } = checkLog(this.options.definition, events);
    for (const { received } of this.readers) expect(received).toEqual(sent);
    await this.browser?.whenClosed();
    expect(this.browser?.messages.map(({ type, lastEventId, data }) => ({ event: type, id: lastEventId, data }))).toEqual(sent);
    expect(this.browser?.connections.at(-1)?.status).toBe(204);
    expect(resumes).toBe(this.checkLives(events));
    await this.checkPage(frames.map(({ data }) => data));

    const status = await client.status(this.id);
    const seed = initialState({ id: this.id, workflow: this.options.definition.name, sessionId: this.key, createdAt: status.createdAt });
    expect(status).toEqual(JSON.parse(JSON.stringify(fold(seed, events))));
    const same = (await client.get(`/executions?sessionId=${this.key}`)).json as { executions: { id: string }[] };
    expect(same.executions.map(({ id }) => id)).toEqual([this.id]);

    const received = events.flatMap((event) => (event.type === 'input_received' ? [{ stepId: event.step.id, value: event.data.value }] : []));
    expect(received).toEqual(expect.arrayContaining(this.answered));
    if (this.cancelStatus !== undefined) expect(events.at(-1)?.type === 'workflow_cancelled').toBe(this.cancelStatus === 202);
    return resumes;
  }

  close(): void {
    this.browser?.close();
  }

  /** Each life of the service that has events of it, but for the first, begins with its one `workflow_resumed`. Answers how many do. */
  private checkLives(events: readonly ExecutionEvent[]): number {
    const lives = this.lineage.lives.map(({ spawnedAt, endedAt }) => events.filter(({ timestamp }) => {
      const at = Date.parse(timestamp);
      return at >= spawnedAt && at <= endedAt;
    })).filter((life) => life.length > 0);
    expect(lives.flat()).toEqual(events);
    for (const [i, life] of lives.entries()) {
      expect(life.map(({ type }) => type).filter((type) => type === 'workflow_resumed')).toHaveLength(i === 0 ? 0 : 1);
      expect(life[0]?.type).toBe(i === 0 ? 'workflow_started' : 'workflow_resumed');
    }
    return lives.length - 1;
  }

  /** The page of the same events, byte for byte. */
  private async checkPage(texts: readonly string[]): Promise<void> {
    const pages: string[] = [];
    for (let after = 0; after < texts.length; after += 1000) {
      const page = await this.lineage.client.get(`/executions/${this.id}/events?after=${after}&limit=1000`);
      const part = texts.slice(after, after + 1000);
      expect(page.text).toBe(`{"events":[${part.join(',')}],"lastSeq":${texts.length},"terminal":${after + 1000 >= texts.length}}`);
      pages.push(page.text);
    }
  }
}
