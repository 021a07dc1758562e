/** The standalone service as an attacker finds it: configured by its environment alone, and spoken to over sockets. */
import { type AddressInfo } from 'node:net';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { PinoLogger } from 'nestjs-pino';
import { loadConfig } from '../../../src/config.js';
import { createService } from '../../../src/service.js';
import { Client, KEYS, type User } from '../../support/client.js';

const API_KEYS = Object.entries(KEYS).map(([user, key]) => `${user}:${key}${user === 'root' ? ':admin' : ''}`).join();

/** A route as Express has it. */
export interface RegisteredRoute {
  method: string;
  /** With `{name}` for parameters, as OpenAPI writes them. */
  path: string;
}

export class AttackedService {
  private constructor(readonly app: NestExpressApplication) {}

  /** @param env in place of, or beside, that of a service with the users of `KEYS`. */
  static async start(env: Record<string, string> = {}): Promise<AttackedService> {
    const app = await createService(loadConfig({ STEPCAST_DATA_DIR: ':memory:', STEPCAST_API_KEYS: API_KEYS, STEPCAST_RATE_LIMIT: '100000/60', ...env }));
    app.useLogger(false);
    // Refused requests are what these tests are made of.
    PinoLogger.root.level = 'silent';
    await app.listen(0, '127.0.0.1');
    return new AttackedService(app);
  }

  /** One that is closed at the end of its block. */
  static async disposable(env: Record<string, string>): Promise<AttackedService & AsyncDisposable> {
    const service = await AttackedService.start(env);
    return Object.assign(service, { [Symbol.asyncDispose]: () => service.close() });
  }

  get port(): number {
    return (this.app.getHttpServer().address() as AddressInfo).port;
  }

  as(credentials?: User | Record<string, string>): Client {
    return new Client(`http://127.0.0.1:${this.port}`, credentials);
  }

  /** What Express would hand to a handler. */
  routes(): RegisteredRoute[] {
    const { stack } = (this.app.getHttpAdapter().getInstance() as { router: { stack: { route?: { path: string; methods: Record<string, boolean> } }[] } }).router;
    return stack.flatMap(({ route }) =>
      // Middleware stands at every path.
      route && !route.path.includes('*') ? Object.keys(route.methods).map((method) => ({ method: method.toUpperCase(), path: route.path.replaceAll(/:(\w+)/g, '{$1}') })) : []);
  }

  close(): Promise<void> {
    return this.app.close();
  }
}
