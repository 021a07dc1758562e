/**
 * A model whose every request passes the gate of its provider: those of the agent `llm` round by round, and those that an app
 * makes with the AI SDK. A request holds its place until its answer was read to the end, it failed, or its signal aborted.
 */
import { type LanguageModel, type LanguageModelMiddleware } from 'ai';
import { type AgentContext } from '../../orchestration/agent.js';
import { Silence } from '../idle.watch.js';
import { modelFailure } from '../provider.errors.js';
import { messageOf } from './hold.message.js';
import { type Permit } from './permit.js';
import { type ProviderGate } from './provider.gate.js';
import { type CallOptions, estimateTokens } from './token.estimate.js';

/** For whom a model is asked; the context of an agent is one. */
export interface ModelCaller {
  /** Whose limits count beside those of the provider. */
  readonly user?: string;
  /** Tells readers of the stream what is waited for. */
  log?: AgentContext['log'];
  /** Does the waiting; default: just waits. */
  aside?: <T>(work: () => Promise<T>) => Promise<T>;
}

type Middleware = LanguageModelMiddleware & { specificationVersion: 'v4' };
type StreamCall = Parameters<NonNullable<LanguageModelMiddleware['wrapStream']>>[0];
type StreamResult = Awaited<ReturnType<StreamCall['doStream']>>;
type Part = StreamResult['stream'] extends ReadableStream<infer P> ? P : never;
type Usage = Extract<Part, { type: 'finish' }>['usage'];

/** @param name `provider/model` */
export async function limitedModel(name: string, model: LanguageModel, gate: ProviderGate, caller: ModelCaller = {}): Promise<LanguageModel> {
  const { wrapLanguageModel } = await import('ai');
  const enter = (params: CallOptions): Promise<Permit> => {
    const wait = () => gate.enter({
      user: caller.user,
      tokens: gate.countsTokens ? estimateTokens(params) : 0,
      signal: params.abortSignal,
      tell: (hold) => {
        const { text, code } = messageOf(hold, gate.provider, gate.limits);
        caller.log?.(text, 'warn', code);
      },
    });
    return caller.aside ? caller.aside(wait) : wait();
  };
  const middleware: Middleware = {
    specificationVersion: 'v4',
    wrapStream: async ({ doStream, params }) => {
      const request = new Request(name, await enter(params), params.abortSignal);
      return request.guard(async () => {
        const result = await doStream();
        return { ...result, stream: request.watch(result.stream) };
      });
    },
    wrapGenerate: async ({ doGenerate, params }) => {
      const request = new Request(name, await enter(params), params.abortSignal);
      return request.guard(async () => {
        const result = await doGenerate();
        request.answered(result.usage);
        return result;
      });
    },
  };
  // What the loaders make are models, and never the name of one.
  return wrapLanguageModel({ model: model as Exclude<LanguageModel, string>, middleware });
}

/** One request that is under way, and what it tells of its provider. */
class Request {
  private readonly dropped = (): void => this.drop();

  constructor(private readonly name: string, private readonly permit: Permit, private readonly signal: AbortSignal | undefined) {
    if (signal?.aborted) this.drop();
    else signal?.addEventListener('abort', this.dropped, { once: true });
  }

  async guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.fail(error);
      throw error;
    }
  }

  answered(usage: Usage): void {
    this.end(() => this.permit.end('answers', tokensOf(usage)));
  }

  /** The same parts, looked at as they are read. */
  watch(stream: ReadableStream<Part>): ReadableStream<Part> {
    const reader = stream.getReader();
    return new ReadableStream<Part>({
      pull: async (controller) => {
        try {
          const { done, value } = await reader.read();
          if (!done) {
            this.see(value);
            controller.enqueue(value);
            return;
          }
          // One that ends without a word of its end was cut.
          this.end(() => this.permit.fail('fails'));
          controller.close();
        } catch (error) {
          this.fail(error);
          controller.error(error);
        }
      },
      cancel: (reason) => {
        this.drop();
        return reader.cancel(reason);
      },
    }, { highWaterMark: 0 });
  }

  private see(part: Part): void {
    switch (part.type) {
      case 'text-delta':
      case 'reasoning-delta':
      case 'tool-input-start':
      case 'tool-call':
        this.permit.answered();
        break;
      case 'error':
        this.fail(part.error);
        break;
      case 'finish': {
        const { unified, raw } = part.finishReason;
        // So the SDK's clients say it where a stream ended without a word of why.
        if (unified === 'interrupted' || (unified === 'other' && raw === undefined)) this.end(() => this.permit.fail('fails'));
        else this.answered(part.usage);
        break;
      }
      default:
        break;
    }
  }

  private fail(error: unknown): void {
    if (this.signal?.aborted) return this.drop();
    const { code, options } = modelFailure(error, { model: this.name });
    this.end(() => this.permit.fail(code === 'overloaded' ? 'fails' : 'answers', options.retryAfterSeconds));
  }

  /** Nobody waits for it any more; where that is for its silence, it has failed. */
  private drop(): void {
    const isSilent = this.signal?.reason instanceof Silence;
    this.end(() => (isSilent ? this.permit.fail('fails') : this.permit.end('unknown')));
  }

  private end(tell: () => void): void {
    this.signal?.removeEventListener('abort', this.dropped);
    tell();
  }
}

/** Nothing where the provider told none. */
function tokensOf({ inputTokens, outputTokens }: Usage): number | undefined {
  if (inputTokens.total === undefined && outputTokens.total === undefined) return undefined;
  return (inputTokens.total ?? 0) + (outputTokens.total ?? 0);
}
