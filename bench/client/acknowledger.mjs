/**
 * Tells the server how far the slowest subscriber is, one byte for every `every` pieces that all of them have had. Servers
 * that know no back-pressure of their own would otherwise be measured at filling their memory.
 */
const ACK = Buffer.from('.');

export class Acknowledger {
  /** By the number of acknowledgement, how many subscribers have got so far. */
  #reached = [];
  #told = 0;
  #marks = new Map();

  constructor(socket, every, subscribers) {
    this.socket = socket;
    this.every = every;
    this.subscribers = subscribers;
    socket.on('error', () => undefined);
  }

  saw(subscriber, pieces) {
    const now = Math.floor(pieces / this.every);
    const mark = this.#marks.get(subscriber) ?? 0;
    if (now === mark) return;
    for (let i = mark; i < now; i++) this.#reached[i] = (this.#reached[i] ?? 0) + 1;
    this.#marks.set(subscriber, now);
    while (this.#reached[this.#told] === this.subscribers) {
      this.#told++;
      this.socket.write(ACK);
    }
  }

  close() {
    this.socket.destroy();
  }
}
