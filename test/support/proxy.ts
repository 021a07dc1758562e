/** A line that breaks when a test says so: TCP between a client and the server, with faults. */
import net, { type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

interface Line {
  client: Socket;
  server: Socket;
  /** Bytes from the server that the client was given. */
  given: number;
}

export class FaultProxy {
  /** Bytes from the server after which each new connection is cut; nothing cuts it where absent. */
  cutAfter: number | undefined;
  /** Milliseconds that each piece from the server is held back. */
  delayMs = 0;
  /** How many connections there have been. */
  connections = 0;
  private readonly lines = new Set<Line>();
  private stalled: PromiseWithResolvers<void> | undefined;

  private constructor(private readonly listener: net.Server, private target: { port: number }) {}

  static async to(port: number): Promise<FaultProxy> {
    const listener = net.createServer({ allowHalfOpen: true });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const proxy = new FaultProxy(listener, { port });
    listener.on('connection', (client) => proxy.connect(client));
    return proxy;
  }

  get base(): string {
    return `http://127.0.0.1:${(this.listener.address() as AddressInfo).port}`;
  }

  /** Leads new connections to another port: a server that was started anew. */
  retarget(port: number): void {
    this.target = { port };
  }

  /** Breaks all connections, as a pulled cable with a router that notices: both sides get a reset. */
  cut(): void {
    for (const line of [...this.lines]) this.end(line);
  }

  /** Gives clients nothing more, and takes nothing more from the server, while all connections stay open. */
  stall(): void {
    this.stalled ??= Promise.withResolvers();
  }

  resume(): void {
    this.stalled?.resolve();
    this.stalled = undefined;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.listener.close(resolve));
  }

  private connect(client: Socket): void {
    this.connections++;
    const server = net.connect({ port: this.target.port, host: '127.0.0.1', allowHalfOpen: true });
    const line: Line = { client, server, given: 0 };
    this.lines.add(line);
    const cutAfter = this.cutAfter ?? Infinity;
    client.pipe(server);
    void this.carry(line, cutAfter);
    for (const socket of [client, server]) {
      socket.on('error', () => this.end(line));
      socket.on('close', () => this.end(line));
    }
  }

  private async carry(line: Line, cutAfter: number): Promise<void> {
    const { client, server } = line;
    try {
      for await (const piece of server as AsyncIterable<Buffer>) {
        if (this.delayMs > 0) await sleep(this.delayMs);
        await this.stalled?.promise;
        const left = cutAfter - line.given;
        const part = piece.subarray(0, left);
        line.given += part.length;
        const taken = client.write(part);
        if (part.length < piece.length || line.given >= cutAfter) {
          // An end and no reset, so that all that was given before arrives: the client sees an answer that stops short.
          client.end();
          server.destroy();
          return;
        }
        if (!taken) await new Promise<void>((resolve) => client.once('drain', resolve).once('close', resolve));
      }
      client.end();
    } catch {
      this.end(line);
    }
  }

  private end(line: Line): void {
    if (!this.lines.delete(line)) return;
    for (const socket of [line.client, line.server]) {
      if (!socket.destroyed) socket.resetAndDestroy();
    }
  }
}
