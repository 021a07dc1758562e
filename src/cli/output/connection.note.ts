import { type Connection } from '../../client/follow.js';
import { messageOf } from '../error.text.js';
import { type Io } from '../io.js';
import { safeLine } from '../terminal.text.js';

/** Tells of a line that is cut where nothing is drawn that could show it. */
export function connectionNote(connection: Connection, { stderr }: Io): void {
  if (connection.state === 'waiting') stderr.write(`stepcast: the line is cut${connection.error ? `: ${safeLine(messageOf(connection.error))}` : ''}; reconnecting\n`);
  else if (connection.state === 'polling') stderr.write('stepcast: something holds the stream back; asking for pages instead\n');
}
