/** The standalone service in this process, with clients that hold every answer against its OpenAPI document. */
import { type AddressInfo } from 'node:net';
import { type INestApplication } from '@nestjs/common';
import { type OpenAPIObject } from '@nestjs/swagger';
import { PinoLogger } from 'nestjs-pino';
import { loadConfig } from '../../../src/config.js';
import { createService } from '../../../src/service.js';
import { type StreamingOptions } from '../../../src/streaming/streaming.options.js';
import { API, type Answer, Client, KEYS, type RequestOptions, type User } from '../../support/client.js';
import { Contract } from './contract.js';

const ROOMY = { rateLimit: { points: 100_000, seconds: 60 } };

/** Every answer it brings is one that the document describes. */
export class DocumentedClient extends Client {
  constructor(base: string, credentials: User | Record<string, string> | undefined, private readonly contract: Contract) {
    super(base, credentials);
  }

  override async request(method: string, path: string, options: RequestOptions = {}): Promise<Answer> {
    const answer = await super.request(method, path, options);
    this.contract.check(method, path.startsWith('//') ? path.slice(1) : API + path, answer);
    return answer;
  }

  /** Sends what an operation documents as its path, with `parameters` in it. */
  call({ method, path }: { method: string; path: string }, parameters: Record<string, string> = {}, query = '', options: RequestOptions = {}): Promise<Answer> {
    return this.request(method, `/${path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => parameters[name] as string)}${query}`, options);
  }
}

export class Service {
  readonly base: string;
  readonly alice: DocumentedClient;
  readonly bob: DocumentedClient;
  readonly root: DocumentedClient;
  readonly nobody: DocumentedClient;

  private constructor(readonly app: INestApplication, readonly document: OpenAPIObject, readonly contract: Contract) {
    this.base = `http://127.0.0.1:${(app.getHttpServer() as { address(): AddressInfo }).address().port}`;
    this.alice = this.as('alice');
    this.bob = this.as('bob');
    this.root = this.as('root');
    this.nobody = this.as(undefined);
  }

  /** @param contract goes on with what it has seen of a service before. */
  static async start(streaming: Partial<StreamingOptions> = {}, contract?: Contract): Promise<Service> {
    const keys = Object.entries(KEYS).map(([user, key]) => `${user}:${key}${user === 'root' ? ':admin' : ''}`);
    const config = loadConfig({ STEPCAST_DATA_DIR: ':memory:', STEPCAST_API_KEYS: keys.join(), PORT: '0' });
    Object.assign(config.streaming, ROOMY, streaming);
    const app = await createService(config);
    app.useLogger(false);
    await app.listen(config.port, config.host);
    // Refused requests are what these tests are made of.
    PinoLogger.root.level = 'silent';
    const document = (await new Client(await app.getUrl(), undefined).get('//docs-json')).json as OpenAPIObject;
    return new Service(app, document, contract ?? new Contract(document));
  }

  /** A service for as long as `use` takes. */
  static async use(streaming: Partial<StreamingOptions>, contract: Contract, use: (service: Service) => Promise<void>): Promise<void> {
    const service = await Service.start(streaming, contract);
    try {
      await use(service);
    } finally {
      await service.close();
    }
  }

  as(credentials: User | Record<string, string> | undefined): DocumentedClient {
    return new DocumentedClient(this.base, credentials, this.contract);
  }

  async close(): Promise<void> {
    await this.app.close();
  }
}
