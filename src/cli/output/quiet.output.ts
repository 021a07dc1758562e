import { type Connection } from '../../client/follow.js';
import { type ExecutionState } from '../../contract/state.js';
import { type Io } from '../io.js';
import { valueText } from '../terminal.text.js';
import { connectionNote } from './connection.note.js';
import { type Output } from './output.js';

/** The result alone, as it is, for the next program in a pipe. */
export class QuietOutput implements Output {
  constructor(private readonly io: Io) {}

  event(): void {}

  connection(connection: Connection): void {
    connectionNote(connection, this.io);
  }

  pause(): void {}
  resume(): void {}

  close(state: ExecutionState | undefined): void {
    if (state?.status === 'completed') this.io.stdout.write(`${valueText(state.result)}\n`);
    else if (state?.error) this.io.stderr.write(`stepcast: ${state.error.message}\n`);
  }
}
