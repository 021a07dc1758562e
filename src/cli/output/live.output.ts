/** Draws the live view: what is done scrolls up, what runs stays below and is drawn anew, at most 20 times a second. */
import { type ChalkInstance } from 'chalk';
import { createLogUpdate } from 'log-update';
import stringWidth from 'string-width';
import { type Connection } from '../../client/follow.js';
import { type ExecutionEvent } from '../../contract/events.js';
import { type WorkflowPlan } from '../../contract/plan.js';
import { type ExecutionState } from '../../contract/state.js';
import { type Io } from '../io.js';
import { safeText, valueText } from '../terminal.text.js';
import { lineOf } from '../view/event.line.js';
import { liveLines, type Size } from '../view/live.view.js';
import { type Output } from './output.js';

const FRAME_MS = 50;
/** Clocks go on while nothing happens. */
const IDLE_FRAME_MS = 500;

export class LiveOutput implements Output {
  private readonly draw: ReturnType<typeof createLogUpdate>;
  private readonly notes = new Map<string, string>();
  /** Lines that are done and not yet written. */
  private done: string[] = [];
  private state: ExecutionState | undefined;
  private plan: WorkflowPlan | undefined;
  private status: Connection = { state: 'live' };
  private timer: NodeJS.Timeout | undefined;
  private drawnAt = 0;
  private isPaused = false;
  /** The lines that are drawn now. */
  private frame: readonly string[] = [];
  private readonly resized = () => {
    this.wipe();
    this.plot(0);
  };

  /** @param now Milliseconds since the epoch: of the events, where they are replayed. */
  constructor(
    private readonly io: Io,
    private readonly color: ChalkInstance,
    private readonly now: () => number = io.now,
  ) {
    sizeOf(io);
    this.draw = createLogUpdate(io.stdout);
    io.stdout.on('resize', this.resized);
  }

  event(event: ExecutionEvent, state: ExecutionState): void {
    this.state = state;
    if (event.type === 'workflow_started') this.plan = event.data.plan;
    if (event.step && event.message) this.notes.set(event.step.id, event.message);
    const line = lineOf(event, this.color);
    if (line !== undefined) this.done.push(line);
    this.plot(FRAME_MS);
  }

  connection(connection: Connection): void {
    this.status = connection;
    this.plot(FRAME_MS);
  }

  /** Nothing is left of the view: its clocks would stand still above the question. */
  pause(): void {
    clearTimeout(this.timer);
    this.flush();
    this.wipe();
    this.draw.done();
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    this.plot(0);
  }

  close(state: ExecutionState | undefined): void {
    this.isPaused = false;
    this.io.stdout.off('resize', this.resized);
    clearTimeout(this.timer);
    this.flush();
    this.wipe();
    this.draw.done();
    if (state?.status === 'completed') this.io.stdout.write(`\n${safeText(valueText(state.result, 2))}\n`);
  }

  private plot(delayMs: number): void {
    if (this.isPaused) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.paint(), Math.max(0, this.drawnAt + delayMs - performance.now()));
  }

  private paint(): void {
    if (this.isPaused) return;
    this.drawnAt = performance.now();
    this.flush();
    const { state, plan, notes, status, io } = this;
    if (state) {
      this.frame = liveLines({ state, plan, notes, connection: status, now: this.now() }, sizeOf(io), this.color);
      this.draw(this.frame.join('\n'));
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.paint(), IDLE_FRAME_MS);
  }

  /** Takes the view away. In a terminal that has become narrower its lines take more rows than were drawn. */
  private wipe(): void {
    const { columns, rows } = sizeOf(this.io);
    const wrapped = this.frame.reduce((sum, line) => sum + Math.max(1, Math.ceil(stringWidth(line) / columns)), 0);
    const more = Math.min(rows, wrapped) - this.frame.length;
    this.frame = [];
    this.draw.clear();
    if (more > 0) this.io.stdout.write(`\u001b[${more}A\u001b[J`);
  }

  private flush(): void {
    if (!this.done.length) return;
    this.draw.persist(this.done.join('\n'));
    this.done = [];
    this.frame = [];
  }
}

/** One that tells none, as a pseudo-terminal that nobody gave a size, is taken for one of the usual size: by all who draw on it. */
function sizeOf({ stdout }: Io): Size {
  stdout.columns ||= 80;
  stdout.rows ||= 24;
  return stdout;
}
