/** Anthropic's Messages API: `POST /messages`, named events around content blocks, `ping` in between, thinking that is signed. */
import { type Exchange } from '../exchange.js';
import { jsonAnswer, type ToolCallOnWire, type WireAnswer, type WireEvent, type WireFormat, wireId, type WireStream } from '../format.js';
import { type FaultName, type Finish, type Refusal, type WireUsage } from '../script.js';

/** What is looked at in a request. */
interface Request {
  stream?: boolean;
  max_tokens?: number;
  temperature?: number;
  messages: Message[];
  tools?: { name: string }[];
}

interface Message {
  role: string;
  content: string | Block[];
}

interface Block {
  type: string;
  id?: string;
  tool_use_id?: string;
  signature?: string;
}

const ERRORS: Record<FaultName, [status: number, type: string, message: string]> = {
  auth: [401, 'authentication_error', 'invalid x-api-key'],
  rate_limited: [429, 'rate_limit_error', "This request would exceed your organization's rate limit of 30,000 input tokens per minute. For details, refer to: https://docs.claude.com/en/api/rate-limits."],
  quota: [400, 'invalid_request_error', 'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.'],
  context_length: [400, 'invalid_request_error', 'prompt is too long: 209171 tokens > 200000 maximum'],
  content_filter: [400, 'invalid_request_error', 'Output blocked by content filtering policy'],
  overloaded: [529, 'overloaded_error', 'Overloaded'],
  server_error: [500, 'api_error', 'Internal server error'],
  model_not_found: [404, 'not_found_error', 'model: no-such-model'],
  invalid_request: [400, 'invalid_request_error', 'Invalid request'],
};

export class AnthropicFormat implements WireFormat {
  readonly base = '/anthropic/v1';
  readonly newline = '\n';
  readonly headers = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache', 'request-id': 'req_011CSHoEeqs5C35K2UUqR7Fy' };

  modelOf(path: string, { model }: { model?: string }): string | undefined {
    return path === '/messages' ? model : undefined;
  }

  check(exchange: Exchange, key: string): Refusal | undefined {
    const { headers } = exchange;
    const body = exchange.body as Request;
    const invalid = (message: string): Refusal => ({ fail: 'invalid_request', message });
    if (headers['x-api-key'] !== key) return { fail: 'auth' };
    if (headers['anthropic-version'] === undefined) return invalid('anthropic-version: header is required');
    if (body.stream !== true) return invalid('this server answers streams alone: "stream" must be true');
    if (!Number.isInteger(body.max_tokens)) return invalid('max_tokens: Field required');
    if (body.temperature !== undefined && !(body.temperature >= 0 && body.temperature <= 1)) return invalid('temperature: range: 0..1');
    const { messages } = body;
    if (messages[0]?.role !== 'user') return invalid('messages: first message must use the "user" role');
    for (const [n, message] of messages.entries()) {
      if (messages[n - 1]?.role === message.role) return invalid('messages: roles must alternate between "user" and "assistant"');
      const used = blocks(message, 'tool_use').map(({ id }) => id);
      const results = blocks(messages[n + 1], 'tool_result').map(({ tool_use_id: id }) => id);
      const open = used.filter((id) => !results.includes(id));
      if (open.length) return invalid(`messages.${n}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(', ')}.`);
      const strange = results.filter((id) => !used.includes(id));
      if (strange.length) return invalid(`messages.${n + 1}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${strange.join(', ')}.`);
      if (blocks(message, 'thinking').some(({ signature }) => typeof signature !== 'string')) return invalid(`messages.${n}.content.0.thinking.signature: Field required`);
    }
    return undefined;
  }

  stream({ model, body }: Exchange, usage: WireUsage): WireStream {
    // Structured output: models without their own way for it are made to call a tool that is named so.
    const byTool = ((body as Request).tools ?? []).some(({ name }) => name === 'json');
    return new MessagesStream(model, usage, byTool);
  }

  refuse({ fail, message, retryAfterSeconds }: Refusal): WireAnswer {
    const [status, type, text] = ERRORS[fail];
    const headers = { 'request-id': 'req_011CSHoEeqs5C35K2UUqR7Fy', 'x-should-retry': String(status === 429 || status >= 500) };
    return jsonAnswer(status, { type: 'error', error: { type, message: message ?? text }, request_id: headers['request-id'] }, {
      ...headers, ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterSeconds)) }),
    });
  }
}

function blocks(message: Message | undefined, type: string): Block[] {
  return typeof message?.content === 'object' ? message.content.filter((block) => block.type === type) : [];
}

type BlockType = 'text' | 'thinking' | 'tool_use';

class MessagesStream implements WireStream {
  private index = -1;
  private openBlock: BlockType | undefined;
  private called = false;

  constructor(private readonly model: string, private readonly usage: WireUsage, private readonly jsonByTool: boolean) {}

  open(): WireEvent[] {
    const message = {
      id: wireId('msg_'), type: 'message', role: 'assistant', model: this.model, content: [], stop_reason: null, stop_sequence: null,
      usage: { ...this.inputTokens(), output_tokens: 1, service_tier: 'standard' },
    };
    return [event('message_start', { message }), event('ping', {})];
  }

  text(delta: string): WireEvent[] {
    return [...this.openAs('text', { type: 'text', text: '' }), this.delta({ type: 'text_delta', text: delta })];
  }

  reasoning(delta: string): WireEvent[] {
    return [...this.openAs('thinking', { type: 'thinking', thinking: '', signature: '' }), this.delta({ type: 'thinking_delta', thinking: delta })];
  }

  call({ id = wireId('toolu_'), tool, parts }: ToolCallOnWire): WireEvent[] {
    this.called = true;
    return [
      ...this.closeBlock(),
      ...this.openAs('tool_use', { type: 'tool_use', id, name: tool, input: {} }),
      // The first delta is always an empty one.
      ...['', ...parts].map((part) => this.delta({ type: 'input_json_delta', partial_json: part })),
      ...this.closeBlock(),
    ];
  }

  json(parts: readonly string[]): WireEvent[] {
    return this.jsonByTool ? this.call({ id: undefined, tool: 'json', parts }) : parts.flatMap((part) => this.text(part));
  }

  close(finish: Finish): WireEvent[] {
    const reason = { stop: this.called ? 'tool_use' : 'end_turn', length: 'max_tokens', content_filter: 'refusal' }[finish];
    return [
      ...this.closeBlock(),
      event('message_delta', {
        delta: { stop_reason: reason, stop_sequence: null },
        usage: { ...this.inputTokens(), output_tokens: this.usage.output },
      }),
      event('message_stop', {}),
    ];
  }

  error({ fail, message }: Refusal): WireEvent[] {
    const [, type, text] = ERRORS[fail];
    return [event('error', { error: { type, message: message ?? text, details: null }, request_id: 'req_011CSHoEeqs5C35K2UUqR7Fy' })];
  }

  /** The provider counts what came from its cache apart. */
  private inputTokens(): object {
    const { input, cached = 0 } = this.usage;
    return { input_tokens: input - cached, cache_creation_input_tokens: 0, cache_read_input_tokens: cached };
  }

  private openAs(type: BlockType, block: object): WireEvent[] {
    if (this.openBlock === type) return [];
    const closing = this.closeBlock();
    this.openBlock = type;
    return [...closing, event('content_block_start', { index: ++this.index, content_block: block })];
  }

  private closeBlock(): WireEvent[] {
    if (this.openBlock === undefined) return [];
    const signing = this.openBlock === 'thinking' ? [this.delta({ type: 'signature_delta', signature: 'EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pk=' })] : [];
    this.openBlock = undefined;
    return [...signing, event('content_block_stop', { index: this.index })];
  }

  private delta(delta: object): WireEvent {
    return event('content_block_delta', { index: this.index, delta });
  }
}

function event(type: string, data: object): WireEvent {
  return { event: type, data: { type, ...data } };
}
