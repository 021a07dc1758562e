import { type IncomingMessage, type ServerResponse } from 'node:http';

/**
 * Calls back when the response is over, or its connection is gone; perhaps twice. A pipelined response that waits for
 * its turn has no socket yet, and Node before 24 does not tell it when its connection goes. (Not `once`, whose wrapper
 * every idle stream would hold.)
 */
export function onClosed(response: ServerResponse, callback: () => void): void {
  response.on('close', callback);
  const connection = connectionOf(response);
  if (response.socket || !connection) return;
  connection.on('close', callback);
  response.on('close', () => connection.off('close', callback));
}

/** Whether nobody is there any more to read the response. */
export function isGone(response: ServerResponse): boolean {
  return response.destroyed || response.closed || (connectionOf(response)?.destroyed ?? false);
}

function connectionOf({ req }: { req?: IncomingMessage }): IncomingMessage['socket'] | undefined {
  return req?.socket;
}
