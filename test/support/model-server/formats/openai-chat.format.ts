/**
 * OpenAI's Chat Completions as Ollama, vLLM and the like serve them: `POST /chat/completions`, one choice with deltas,
 * usage in a chunk of its own where the request asks for it, and `[DONE]` at the end.
 */
import { type Exchange } from '../exchange.js';
import { jsonAnswer, type ToolCallOnWire, type WireAnswer, type WireEvent, type WireFormat, wireId, type WireStream } from '../format.js';
import { type Finish, type Refusal, type WireUsage } from '../script.js';
import { bearerFault, openAiError, openAiHeaders, type Schema, strictFault } from './openai.errors.js';

/** What is looked at in a request. */
interface Request {
  stream?: boolean;
  stream_options?: { include_usage?: boolean };
  messages: { role: string; tool_call_id?: string; tool_calls?: { id: string }[] }[];
  response_format?: { type: string; json_schema: { name: string; strict?: boolean; schema: Schema } };
}

export class OpenAiChatFormat implements WireFormat {
  readonly base = '/compatible/v1';
  readonly newline = '\n';
  readonly headers = { 'content-type': 'text/event-stream' };

  modelOf(path: string, { model }: { model?: string }): string | undefined {
    return path === '/chat/completions' ? model : undefined;
  }

  check(exchange: Exchange, key: string): Refusal | undefined {
    const body = exchange.body as Request;
    const invalid = (message: string): Refusal => ({ fail: 'invalid_request', message });
    const denied = bearerFault(exchange, key);
    if (denied) return denied;
    if (body.stream !== true) return invalid('this server answers streams alone: "stream" must be true');
    let open: string[] = [];
    for (const [n, message] of body.messages.entries()) {
      if (message.role === 'tool') {
        if (!open.includes(message.tool_call_id ?? '')) return invalid(`Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls' (messages[${n}]).`);
        open = open.filter((id) => id !== message.tool_call_id);
        continue;
      }
      if (open.length) return invalid(`An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id': ${open.join()}.`);
      open = (message.tool_calls ?? []).map(({ id }) => id);
    }
    if (open.length) return invalid(`An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id': ${open.join()}.`);
    const format = body.response_format;
    const fault = format?.type === 'json_schema' && format.json_schema.strict === true ? strictFault(format.json_schema.schema, `response_format '${format.json_schema.name}'`) : undefined;
    return fault === undefined ? undefined : invalid(fault);
  }

  stream({ model, body }: Exchange, usage: WireUsage): WireStream {
    return new ChatStream(model, (body as Request).stream_options?.include_usage === true ? usage : undefined);
  }

  refuse(refusal: Refusal, { model }: Pick<Exchange, 'model'>): WireAnswer {
    const { status, error } = openAiError(refusal, model, 'chat');
    const { 'retry-after': retryAfter } = openAiHeaders(refusal);
    return jsonAnswer(status, { error }, retryAfter === undefined ? {} : { 'retry-after': retryAfter });
  }
}

class ChatStream implements WireStream {
  private readonly id = wireId('chatcmpl-');
  private readonly created = Math.floor(Date.now() / 1000);
  private calls = 0;

  constructor(private readonly model: string, private readonly usage: WireUsage | undefined) {}

  open(): WireEvent[] {
    return [this.chunk({ role: 'assistant', content: '' })];
  }

  text(delta: string): WireEvent[] {
    return [this.chunk({ content: delta })];
  }

  reasoning(delta: string): WireEvent[] {
    return [this.chunk({ reasoning_content: delta })];
  }

  call({ id = wireId('call_'), tool, parts }: ToolCallOnWire): WireEvent[] {
    const index = this.calls++;
    return [
      this.chunk({ tool_calls: [{ index, id, type: 'function', function: { name: tool, arguments: '' } }] }),
      ...parts.map((part) => this.chunk({ tool_calls: [{ index, function: { arguments: part } }] })),
    ];
  }

  json(parts: readonly string[]): WireEvent[] {
    return parts.flatMap((part) => this.text(part));
  }

  close(finish: Finish): WireEvent[] {
    const { usage } = this;
    const events = [this.chunk({}, finish === 'stop' && this.calls > 0 ? 'tool_calls' : finish)];
    if (usage) {
      events.push({
        data: {
          ...this.head(), choices: [],
          usage: {
            prompt_tokens: usage.input, completion_tokens: usage.output, total_tokens: usage.input + usage.output,
            prompt_tokens_details: { cached_tokens: usage.cached ?? 0 }, completion_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
          },
        },
      });
    }
    return [...events, { data: '[DONE]' }];
  }

  error(refusal: Refusal): WireEvent[] {
    return [{ data: { error: openAiError(refusal, this.model, 'chat').error } }];
  }

  private head(): object {
    return { id: this.id, object: 'chat.completion.chunk', created: this.created, model: this.model, system_fingerprint: 'fp_ollama' };
  }

  private chunk(delta: object, finish: string | null = null): WireEvent {
    return { data: { ...this.head(), choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] } };
  }
}
