import { type Connection } from '../../client/follow.js';
import { type ExecutionState } from '../../contract/state.js';
import { type Io } from '../io.js';
import { safeLine, safeText, valueText } from '../terminal.text.js';
import { connectionNote } from './connection.note.js';
import { type Output } from './output.js';

/** The result alone: as it is for the next program in a pipe, and as a terminal may show it. */
export class QuietOutput implements Output {
  constructor(private readonly io: Io) {}

  event(): void {}

  connection(connection: Connection): void {
    connectionNote(connection, this.io);
  }

  pause(): void {}
  resume(): void {}

  close(state: ExecutionState | undefined): void {
    const { stdout, stderr } = this.io;
    if (state?.status === 'completed') stdout.write(`${(stdout.isTTY ? safeText : String)(valueText(state.result))}\n`);
    else if (state?.error) stderr.write(`stepcast: ${safeLine(state.error.message)}\n`);
  }
}
