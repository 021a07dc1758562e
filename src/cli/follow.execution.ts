/** Shows an execution until it ends or is left, asks what it waits for, and tells the exit code. */
import { RequestError } from '../client/client.error.js';
import { type ExecutionStream } from '../client/execution.stream.js';
import { type Connection } from '../client/follow.js';
import { type StepcastClient } from '../client/stepcast.client.js';
import { type StepState } from '../contract/state.js';
import { linesOfError } from './error.text.js';
import { codeOfStatus, EXIT, type ExitCode } from './exit.codes.js';
import { canAsk, type Io } from './io.js';
import { type Output } from './output/output.js';
import { assertWritable, writeResult } from './output/result.file.js';
import { answerOf, ask, Interrupted, questionOf } from './terminal.question.js';

export interface FollowOptions {
  /** Where the result goes, beside being shown. */
  output?: string;
  /** SIGTERM and, without a terminal, Ctrl-C cancel the execution and wait for its end. */
  cancelOnInterrupt?: boolean;
}

/** Why a question is taken back: what it asks is answered, or void. */
const MOOT = Symbol('moot');

export class ExecutionFollower {
  private readonly stream: ExecutionStream;
  /** The question that is being asked. */
  private asking: { ends: AbortController; done: Promise<void>; stepId: string | undefined } | undefined;
  private readonly answered = new Set<string>();
  private readonly left = new AbortController();
  private wasInterrupted = false;

  constructor(
    private readonly client: StepcastClient,
    private readonly executionId: string,
    private readonly shown: Output,
    private readonly io: Io,
    private readonly options: FollowOptions,
  ) {
    this.stream = client.stream(executionId, { signal: this.left.signal, onConnection: (connection: Connection) => shown.connection(connection) });
  }

  /** @throws RequestError where the stream cannot be had; UsageError where the result cannot be written. */
  async run(): Promise<ExitCode> {
    if (this.options.output !== undefined) assertWritable(this.options.output);
    const interrupt = (signal: NodeJS.Signals) => void this.interrupt(signal === 'SIGINT');
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt);
    const { stream, shown } = this;
    try {
      // What was asked before may be answered further on: it is asked for where the past ends.
      const past = (await this.client.status(this.executionId, { signal: this.left.signal })).lastSeq;
      for await (const event of stream) {
        shown.event(event, stream.state);
        const { stepId } = this.asking ?? {};
        if (stepId !== undefined && stream.state.steps[stepId]?.status !== 'waiting') this.asking?.ends.abort(MOOT);
        if (event.seq === past || (event.seq > past && event.type === 'input_required')) void this.answer();
      }
    } catch (error) {
      if (!this.isLeft) throw error;
    } finally {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupt);
      this.asking?.ends.abort();
      await this.asking?.done;
      shown.close(this.isLeft ? undefined : stream.state);
    }
    if (this.isLeft) {
      this.io.stderr.write(`stepcast: left; it goes on. Look again with: stepcast watch ${this.executionId}\n`);
      return EXIT.left;
    }
    if (this.options.output !== undefined && stream.state.status === 'completed') writeResult(this.options.output, stream.state.result);
    return codeOfStatus(stream.state.status);
  }

  private get isLeft(): boolean {
    return this.left.signal.aborted;
  }

  private leave(): void {
    this.left.abort();
  }

  /** @param byPerson By Ctrl-C; what ends programs, say `timeout`, does not wait for an answer. */
  private async interrupt(byPerson: boolean): Promise<void> {
    if (byPerson && canAsk(this.io)) {
      await this.question(undefined, async (signal) => {
        const typed = await ask('Cancel the execution? Ctrl-C again leaves it running. [y/N] ', this.io, signal);
        if (typed !== undefined && /^y(es)?$/i.test(typed.trim())) await this.cancel(signal);
      });
      if (!this.isLeft) void this.answer();
      return;
    }
    if (!this.options.cancelOnInterrupt || this.wasInterrupted) return this.leave();
    this.wasInterrupted = true;
    await this.cancel(this.left.signal);
  }

  private async cancel(signal: AbortSignal): Promise<void> {
    try {
      await this.client.cancel(this.executionId, { reason: 'cancelled in the terminal', signal });
    } catch (error) {
      // One that has just ended needs no cancelling.
      if (!signal.aborted && !(error instanceof RequestError && error.status === 409)) this.tell(error);
    }
  }

  /** Asks for all that is waited for, one after the other. */
  private async answer(): Promise<void> {
    const waiting = this.waiting();
    if (!waiting) return;
    if (!canAsk(this.io)) {
      this.answered.add(turnOf(waiting));
      this.io.stderr.write(`stepcast: it waits for an answer; give one with: stepcast answer ${this.executionId} VALUE\n`);
      return;
    }
    if (this.asking) return;
    for (let step = this.waiting(); step && !this.isLeft; step = this.waiting()) if (!(await this.put(step))) return;
  }

  /** @returns whether to go on with what else is waited for. */
  private async put(step: StepState): Promise<boolean> {
    const { id, schema } = step;
    const turn = turnOf(step);
    let isInterrupted = false;
    let isDone = false;
    await this.question(id, async (signal) => {
      try {
        const typed = await ask(questionOf(step), this.io, signal);
        if (typed !== undefined) {
          await this.client.answer(this.executionId, answerOf(typed, schema), { stepId: id, signal });
          this.answered.add(turn);
        }
      } catch (error) {
        if (error instanceof Interrupted) isInterrupted = true;
        else if (!signal.aborted) this.tell(error);
        // Somebody else was faster.
        if (error instanceof RequestError && error.status === 409) this.answered.add(turn);
      }
      // Where another question takes its place, that one comes back to it.
      isDone = !isInterrupted && (!signal.aborted || signal.reason === MOOT);
    });
    if (isInterrupted) await this.interrupt(true);
    return isDone;
  }

  private waiting(): StepState | undefined {
    const { state } = this.stream;
    return state.activeSteps.map((id) => state.steps[id] as StepState).find((step) => step.status === 'waiting' && !this.answered.has(turnOf(step)));
  }

  /** One question at a time: a new one takes the place of the one before. Ctrl-C instead of an answer leaves. */
  private async question(stepId: string | undefined, put: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.asking?.ends.abort();
    await this.asking?.done;
    const ends = new AbortController();
    this.shown.pause();
    const done = put(ends.signal).catch((error: unknown) => {
      if (!(error instanceof Interrupted)) throw error;
      this.leave();
    }).finally(() => {
      this.asking = undefined;
      this.shown.resume();
    });
    this.asking = { ends, done, stepId };
    await done;
  }

  private tell(error: unknown): void {
    this.io.stderr.write(`${linesOfError(error).map((line) => `stepcast: ${line}`).join('\n')}\n`);
  }
}

/** A step waits anew in each attempt and each round. */
function turnOf({ id, attempt, iteration }: StepState): string {
  return `${id} ${attempt} ${iteration}`;
}
