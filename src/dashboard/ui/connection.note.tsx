import { type Connection } from '../../client/follow.js';
import { duration } from './format.js';

/** How the line stands. It is said once it lasts: a cut that heals at once is nobody's news. */
export function ConnectionNote({ connection }: { connection: Connection }) {
  const text = {
    connecting: 'Connecting …', live: 'Live', polling: 'Live, by polling', ended: '',
    waiting: connection.state === 'waiting' ? `The line was cut; trying again in ${duration(connection.delayMs)}` : '',
  }[connection.state];
  return <span id="connection" className="connection" data-state={connection.state} role="status">{text}</span>;
}
