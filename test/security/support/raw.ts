/** What no HTTP client would send, byte for byte. */
import net from 'node:net';
import { within } from '../../support/patience.js';

/** Sends bytes, and answers all that comes back until the other side hangs up. */
export function sendRaw(port: number, text: string): Promise<string> {
  const answered = new Promise<string>((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(text, 'latin1'));
    let answer = '';
    socket.setEncoding('latin1');
    socket.on('data', (part: string) => (answer += part));
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
  return within(answered, () => `the end of the connection after ${JSON.stringify(text.slice(0, 200))}`);
}

/** Sends bytes, and answers the status of what comes back; then it hangs up. */
export function headOf(port: number, text: string): Promise<number | undefined> {
  const answered = new Promise<number | undefined>((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(text, 'latin1'));
    let answer = '';
    socket.setEncoding('latin1');
    socket.on('data', (part: string) => {
      answer += part;
      if (answer.includes('\r\n\r\n')) socket.destroy();
    });
    socket.on('close', () => resolve(statusesIn(answer)[0]));
    socket.on('error', reject);
  });
  return within(answered, () => `the answer to ${JSON.stringify(text.slice(0, 200))}`);
}

/** How many answers, with a status each, there are in what came back. */
export function statusesIn(answer: string): number[] {
  return [...answer.matchAll(/^HTTP\/1\.[01] (\d{3}) /gm)].map(([, status]) => Number(status));
}
