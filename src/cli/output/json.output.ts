import { type Connection } from '../../client/follow.js';
import { type ExecutionEvent } from '../../contract/events.js';
import { type Io } from '../io.js';
import { jsonLine } from '../terminal.text.js';
import { connectionNote } from './connection.note.js';
import { LineWriter } from './line.writer.js';
import { type Output } from './output.js';

/** One event a line (NDJSON), for programs; what else there is to say goes to the error output. */
export class JsonOutput implements Output {
  private readonly lines: LineWriter;

  constructor(private readonly io: Io) {
    this.lines = new LineWriter(io.stdout);
  }

  event(event: ExecutionEvent): void {
    this.lines.write(jsonLine(event));
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

  close(): void {}
}
