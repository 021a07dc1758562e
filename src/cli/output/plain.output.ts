import { type ChalkInstance } from 'chalk';
import { type Connection } from '../../client/follow.js';
import { type ExecutionEvent } from '../../contract/events.js';
import { type ExecutionState } from '../../contract/state.js';
import { type Io } from '../io.js';
import { safeText, valueText } from '../terminal.text.js';
import { lineOf } from '../view/event.line.js';
import { connectionNote } from './connection.note.js';
import { LineWriter } from './line.writer.js';
import { type Output } from './output.js';

/** A line for each event that is worth one, with the time; then the result. */
export class PlainOutput implements Output {
  private readonly lines: LineWriter;

  constructor(
    private readonly io: Io,
    private readonly color: ChalkInstance,
  ) {
    this.lines = new LineWriter(io.stdout);
  }

  event(event: ExecutionEvent, state: ExecutionState): void {
    const line = lineOf(event, this.color);
    if (line !== undefined) this.lines.write(`${this.color.dim(event.timestamp.slice(11, 23))} ${line}\n`);
    // What it has written, now that nothing of it can be void any more but by a retry around it.
    if (event.type === 'step_completed') this.text(state.steps[event.step.id]?.text ?? '');
  }

  connection(connection: Connection): void {
    connectionNote(connection, this.io);
  }

  pause(): void {
    this.lines.pause();
  }

  resume(): void {
    this.lines.resume();
  }

  close(state: ExecutionState | undefined): void {
    if (state?.status === 'completed') this.lines.write(`\n${safeText(valueText(state.result, 2))}\n`);
  }

  private text(text: string): void {
    if (text !== '') this.lines.write(`${safeText(text).replace(/^/gm, '    ')}\n`);
  }
}
