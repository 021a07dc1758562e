/**
 * A server that speaks the streaming formats of the model providers, so that their real clients can be tested against it
 * over real sockets. A test writes what each request for a model is answered with, faults included, and looks at the
 * requests afterwards. Requests that the provider would refuse are refused in its words; so are those that no test has
 * written an answer for.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type LlmOptions } from '../../../src/llm/llm.options.js';
import { within } from '../patience.js';
import { embeddedText, embeddingAnswer, embeddingModelOf, type VectorOf } from './embeddings.js';
import { Exchange } from './exchange.js';
import { encode, type WireAnswer, type WireEvent, type WireFormat, type WireStream } from './format.js';
import { AnthropicFormat } from './formats/anthropic.format.js';
import { GoogleFormat } from './formats/google.format.js';
import { OpenAiChatFormat } from './formats/openai-chat.format.js';
import { OpenAiResponsesFormat } from './formats/openai-responses.format.js';
import { type Answer, type AnswerOf, type Generation, partsOf, type Piece, type WireUsage } from './script.js';

/** The providers, by the names that models are called with. `local` speaks Chat Completions. */
export type ProviderName = 'openai' | 'local' | 'anthropic' | 'google';

/** What the server takes for a good key. */
export const MODEL_KEY = 'test-key-0123456789';

export class ModelServer {
  /** Every request with a path of one of the formats, in order. */
  readonly exchanges: Exchange[] = [];
  private readonly formats: Record<ProviderName, WireFormat> = {
    openai: new OpenAiResponsesFormat(), local: new OpenAiChatFormat(), anthropic: new AnthropicFormat(), google: new GoogleFormat(),
  };
  private readonly scripts = new Map<string, (Answer | AnswerOf)[]>();
  private readonly rules = new Map<string, AnswerOf>();
  private readonly vectors = new Map<string, VectorOf>();
  private readonly unexpected: string[] = [];
  private readonly waiting = new Set<() => void>();

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => void this.take(request, response).catch((error: unknown) => this.fail(request, response, error)));
  }

  static async start(): Promise<ModelServer> {
    const server = createServer();
    const models = new ModelServer(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return models;
  }

  baseUrl(provider: ProviderName): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}${this.formats[provider].base}`;
  }

  /** Options by which an app finds every provider here; the Chat Completions of this server are its provider `local`. */
  get options(): LlmOptions {
    const at = (provider: ProviderName) => ({ baseUrl: this.baseUrl(provider), apiKey: MODEL_KEY });
    return { openai: at('openai'), anthropic: at('anthropic'), google: at('google'), compatible: { local: at('local') } };
  }

  /** The same for a process of its own. */
  get env(): Record<string, string> {
    return {
      OPENAI_API_KEY: MODEL_KEY, OPENAI_BASE_URL: this.baseUrl('openai'), ANTHROPIC_API_KEY: MODEL_KEY, ANTHROPIC_BASE_URL: this.baseUrl('anthropic'),
      GOOGLE_GENERATIVE_AI_API_KEY: MODEL_KEY, GOOGLE_BASE_URL: this.baseUrl('google'), LOCAL_API_KEY: MODEL_KEY, LLM_PROVIDERS: `local=${this.baseUrl('local')}|LOCAL_API_KEY`,
    };
  }

  /** The answers to the next requests for a model, in order; a model is named without its provider. */
  script(model: string, ...answers: (Answer | AnswerOf)[]): void {
    this.scripts.set(model, [...(this.scripts.get(model) ?? []), ...answers]);
  }

  /** Answers every request for a model for which the script has nothing. */
  always(model: string, answerOf: AnswerOf): void {
    this.rules.set(model, answerOf);
  }

  /** Answers every request for an embedding by the model. */
  embeds(model: string, vectorOf: VectorOf): void {
    this.vectors.set(model, vectorOf);
  }

  /** The requests for a model. */
  of(model: string): Exchange[] {
    return this.exchanges.filter((exchange) => exchange.model === model);
  }

  /** The nth request for a model, come or to come. */
  arrived(model: string, n = 1): Promise<Exchange> {
    const come = new Promise<Exchange>((resolve) => {
      const look = () => {
        const exchange = this.of(model)[n - 1];
        if (!exchange) return;
        this.waiting.delete(look);
        resolve(exchange);
      };
      this.waiting.add(look);
      look();
    });
    return within(come, () => `request ${n} for ${model} (there were ${this.exchanges.map((exchange) => exchange.model).join(', ') || 'none'})`);
  }

  /** Forgets requests and scripts. @throws where an answer was not asked for, or a request was not foreseen. */
  reset(): void {
    const left = [...this.scripts].filter(([, answers]) => answers.length).map(([model, answers]) => `${answers.length} answers of ${model} were not asked for`);
    const faults = [...this.unexpected, ...left];
    for (const kept of [this.exchanges, this.unexpected]) kept.length = 0;
    this.scripts.clear();
    this.rules.clear();
    this.vectors.clear();
    if (faults.length) throw new Error(`the model server: ${faults.join('; ')}`);
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
    this.reset();
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const path = (request.url ?? '').split('?')[0] ?? '';
    const format = Object.values(this.formats).find(({ base }) => path.startsWith(`${base}/`));
    const below = path.slice(format?.base.length);
    const embedder = embeddingModelOf(below, body as { model?: string });
    if (format && embedder !== undefined) return this.embed(new Exchange(request, response, embedder, body), format);
    const model = format?.modelOf(below, body as { model?: string });
    if (!format || model === undefined || request.method !== 'POST') {
      this.unexpected.push(`${request.method} ${request.url} is no request of any provider`);
      return send(response, { status: 404, headers: {}, body: '' });
    }
    const exchange = new Exchange(request, response, model, body);
    this.exchanges.push(exchange);
    const scripted = this.scripts.get(model)?.shift() ?? this.rules.get(model);
    for (const look of [...this.waiting]) look();
    const answer = typeof scripted === 'function' ? scripted(exchange) : scripted;
    const fault = format.check(exchange, MODEL_KEY);
    // A refusal that the test has foreseen stands for the one that would come by itself.
    if (fault && !(answer && 'fail' in answer)) {
      this.unexpected.push(`${model} was asked for what its provider refuses: ${fault.message ?? fault.fail}`);
      return send(response, format.refuse(fault, exchange));
    }
    if (!answer) {
      this.unexpected.push(`no answer is written for ${model}`);
      return send(response, format.refuse({ fail: 'model_not_found' }, exchange));
    }
    if ('pieces' in answer) return this.generate(exchange, format, answer);
    if ('fail' in answer) return send(response, format.refuse(answer, exchange));
    if ('status' in answer) return send(response, { headers: {}, ...answer });
    if ('cut' in answer) exchange.cut();
  }

  private embed(exchange: Exchange, format: WireFormat): void {
    this.exchanges.push(exchange);
    for (const look of [...this.waiting]) look();
    const text = embeddedText(exchange);
    const vector = text === undefined ? undefined : this.vectors.get(exchange.model)?.(text);
    if (text === undefined || vector === undefined) {
      this.unexpected.push(text === undefined ? `${exchange.model} was asked to embed what is no text` : `no vectors are written for ${exchange.model}`);
      send(exchange.response, format.refuse({ fail: text === undefined ? 'invalid_request' : 'model_not_found' }, exchange));
    } else if (vector !== 'hang') send(exchange.response, Array.isArray(vector) ? embeddingAnswer(exchange, text, vector) : vector);
  }

  private async generate(exchange: Exchange, format: WireFormat, generation: Generation): Promise<void> {
    const { pieces, finish = 'stop', usage = usageOf(pieces), shredTo } = generation;
    const { response } = exchange;
    response.writeHead(200, format.headers);
    response.flushHeaders();
    const stream = format.stream(exchange, usage);
    const write = async (text: string): Promise<void> => {
      for (const part of shred(Buffer.from(text), shredTo)) {
        if (!response.write(part)) await exchange.goesOnAfter(new Promise((resolve) => response.once('drain', resolve)));
        if (shredTo !== undefined) await new Promise(setImmediate);
      }
    };
    const tell = async (events: readonly WireEvent[]): Promise<void> => {
      for (const event of events) {
        if (exchange.end !== undefined) return;
        await write(encode(event, format.newline));
        exchange.sent++;
      }
    };
    await tell(stream.open());
    for (const piece of pieces) {
      if (exchange.end !== undefined) return;
      if ('until' in piece) {
        if (!(await exchange.goesOnAfter(piece.until))) return;
      } else if ('raw' in piece) await write(`data: ${piece.raw}${format.newline.repeat(2)}`);
      else if ('comment' in piece) await write(`: ${piece.comment}${format.newline.repeat(2)}`);
      else if ('cut' in piece) return exchange.cut();
      else if ('hang' in piece) return;
      else if ('end' in piece) return void response.end();
      else if ('error' in piece) {
        await tell(stream.error({ fail: piece.error }));
        return void response.end();
      } else await tell(eventsOf(stream, piece));
    }
    await tell(stream.close(finish));
    response.end();
  }

  private fail(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    this.unexpected.push(`${request.url}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    response.destroy();
  }
}

type Content = Extract<Piece, { text: string } | { reasoning: string } | { call: string } | { json: unknown }>;

function eventsOf(stream: WireStream, piece: Content): WireEvent[] {
  if ('text' in piece) return stream.text(piece.text);
  if ('reasoning' in piece) return stream.reasoning(piece.reasoning);
  if ('json' in piece) return stream.json(partsOf(JSON.stringify(piece.json), piece.pieces ?? 3));
  return stream.call({ id: piece.id, tool: piece.call, parts: partsOf('written' in piece ? piece.written : JSON.stringify(piece.input), piece.pieces ?? 3) });
}

function usageOf(pieces: readonly Piece[]): WireUsage {
  const deltas = (piece: Piece): number => ('text' in piece || 'reasoning' in piece ? 1 : 'call' in piece || 'json' in piece ? (piece.pieces ?? 3) : 0);
  const count = (of: readonly Piece[]): number => of.reduce((sum, piece) => sum + deltas(piece), 0);
  const reasoning = count(pieces.filter((piece) => 'reasoning' in piece));
  return { input: 10, output: count(pieces), ...(reasoning ? { reasoning } : {}) };
}

function* shred(bytes: Buffer, size = bytes.length): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString('utf8');
  return text === '' ? {} : JSON.parse(text);
}

function send(response: ServerResponse, { status, headers, body }: WireAnswer): void {
  response.writeHead(status, headers).end(body);
}
