import { type Connection } from '../../client/follow.js';
import { type ExecutionEvent } from '../../contract/events.js';
import { type Io } from '../io.js';
import { jsonLine } from '../terminal.text.js';
import { connectionNote } from './connection.note.js';
import { type Output } from './output.js';

/** One event a line (NDJSON), for programs; what else there is to say goes to the error output. */
export class JsonOutput implements Output {
  constructor(private readonly io: Io) {}

  event(event: ExecutionEvent): void {
    this.io.stdout.write(jsonLine(event));
  }

  connection(connection: Connection): void {
    connectionNote(connection, this.io);
  }

  pause(): void {}
  resume(): void {}
  close(): void {}
}
