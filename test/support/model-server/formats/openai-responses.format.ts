/**
 * OpenAI's Responses API: `POST /responses`, named events that are numbered, each output item opened, filled and closed.
 * The provider stores items and lets later requests name them (`item_reference`), so this keeps what it has made.
 */
import { type Exchange } from '../exchange.js';
import { jsonAnswer, type ToolCallOnWire, type WireAnswer, type WireEvent, type WireFormat, wireId, type WireStream } from '../format.js';
import { type Finish, type Refusal, type WireUsage } from '../script.js';
import { bearerFault, openAiError, openAiHeaders, type Schema, strictFault } from './openai.errors.js';

/** What is looked at in a request. */
interface Request {
  stream?: boolean;
  input?: Item[];
  tools?: { type: string; name?: string; parameters?: Schema; strict?: boolean }[];
  text?: { format?: { type: string; name: string; strict?: boolean; schema: Schema } };
}

type Item = { id: string; type: string; call_id?: string; name?: string; [key: string]: unknown };

/** Items by id, each with the reasoning that it can't be sent without. */
type Store = Map<string, { item: Item; reasoning: string | undefined }>;

export class OpenAiResponsesFormat implements WireFormat {
  readonly base = '/openai/v1';
  readonly newline = '\n';
  readonly headers = { 'content-type': 'text/event-stream; charset=utf-8', ...openAiHeaders() };
  private readonly store: Store = new Map();

  modelOf(path: string, { model }: { model?: string }): string | undefined {
    return path === '/responses' ? model : undefined;
  }

  check(exchange: Exchange, key: string): Refusal | undefined {
    const body = exchange.body as Request;
    const invalid = (message: string): Refusal => ({ fail: 'invalid_request', message });
    const denied = bearerFault(exchange, key);
    if (denied) return denied;
    if (body.stream !== true) return invalid('this server answers streams alone: "stream" must be true');
    if (!Array.isArray(body.input)) return invalid("Invalid type for 'input': expected an array of items.");
    const items: Item[] = [];
    for (const given of body.input) {
      if (given.type !== 'item_reference') {
        items.push(given);
        continue;
      }
      const kept = this.store.get(given.id);
      if (!kept) return invalid(`Item with id '${given.id}' not found.`);
      items.push(kept.item);
    }
    const ids = new Set(items.map(({ id }) => id));
    for (const { id, type } of items) {
      const reasoning = this.store.get(id)?.reasoning;
      if (reasoning !== undefined && !ids.has(reasoning)) return invalid(`Item '${id}' of type '${type}' was provided without its required 'reasoning' item: '${reasoning}'.`);
    }
    const called = items.filter(({ type }) => type === 'function_call').map(({ call_id }) => call_id);
    const answered = items.filter(({ type }) => type === 'function_call_output').map(({ call_id }) => call_id);
    for (const id of answered) if (!called.includes(id)) return invalid(`No tool call found for function call output with call_id ${id}.`);
    for (const id of called) if (!answered.includes(id)) return invalid(`No tool output found for function call ${id}.`);
    for (const { type, name = '', parameters, strict } of body.tools ?? []) {
      if (type === 'function' && !/^[a-zA-Z0-9_-]{1,64}$/.test(name)) return invalid("Invalid 'tools[0].name': string does not match pattern.");
      const fault = strict === true ? strictFault(parameters, `function '${name}'`) : undefined;
      if (fault !== undefined) return invalid(fault);
    }
    const format = body.text?.format;
    const fault = format?.type === 'json_schema' && format.strict === true ? strictFault(format.schema, `response_format '${format.name}'`) : undefined;
    return fault === undefined ? undefined : invalid(fault);
  }

  stream({ model }: Exchange, usage: WireUsage): WireStream {
    return new ResponsesStream(model, usage, this.store);
  }

  refuse(refusal: Refusal, { model }: Pick<Exchange, 'model'>): WireAnswer {
    const { status, error } = openAiError(refusal, model, 'responses');
    return jsonAnswer(status, { error }, openAiHeaders(refusal));
  }
}

class ResponsesStream implements WireStream {
  private readonly id = wireId('resp_');
  private readonly createdAt = Math.floor(Date.now() / 1000);
  private readonly output: Item[] = [];
  private number = 0;
  private openItem: { item: Item; kind: 'text' | 'reasoning'; content: string } | undefined;

  constructor(private readonly model: string, private readonly usage: WireUsage, private readonly store: Store) {}

  open(): WireEvent[] {
    return [this.event('response.created', { response: this.response('in_progress') }), this.event('response.in_progress', { response: this.response('in_progress') })];
  }

  text(delta: string): WireEvent[] {
    const opening = this.openItem?.kind === 'text' ? [] : [...this.closeItem(), ...this.openText()];
    this.fill(delta);
    return [...opening, this.event('response.output_text.delta', { ...this.place(), content_index: 0, delta, logprobs: [], obfuscation: 'x7Kq' })];
  }

  reasoning(delta: string): WireEvent[] {
    const opening = this.openItem?.kind === 'reasoning' ? [] : [...this.closeItem(), ...this.openReasoning()];
    this.fill(delta);
    return [...opening, this.event('response.reasoning_summary_text.delta', { ...this.place(), summary_index: 0, delta, obfuscation: 'x7Kq' })];
  }

  call({ id = wireId('call_'), tool, parts }: ToolCallOnWire): WireEvent[] {
    const closing = this.closeItem();
    const item: Item = { id: wireId('fc_'), type: 'function_call', status: 'in_progress', arguments: '', call_id: id, name: tool };
    const place = { item_id: item.id, output_index: this.output.length };
    const whole = { ...item, status: 'completed', arguments: parts.join('') };
    const events = [
      ...closing,
      this.event('response.output_item.added', { output_index: place.output_index, item }),
      ...parts.map((delta) => this.event('response.function_call_arguments.delta', { ...place, delta, obfuscation: 'x7Kq' })),
      this.event('response.function_call_arguments.done', { ...place, arguments: whole.arguments }),
      this.event('response.output_item.done', { output_index: place.output_index, item: whole }),
    ];
    this.keep(whole);
    return events;
  }

  json(parts: readonly string[]): WireEvent[] {
    return parts.flatMap((part) => this.text(part));
  }

  close(finish: Finish): WireEvent[] {
    const { usage } = this;
    const reason = { stop: undefined, length: 'max_output_tokens', content_filter: 'content_filter' }[finish];
    const closing = this.closeItem(reason === undefined ? 'completed' : 'incomplete');
    const status = reason === undefined ? 'completed' : 'incomplete';
    const response = {
      ...this.response(status),
      incomplete_details: reason === undefined ? null : { reason },
      output: this.output,
      usage: {
        input_tokens: usage.input,
        input_tokens_details: { cached_tokens: usage.cached ?? 0 },
        output_tokens: usage.output,
        output_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
        total_tokens: usage.input + usage.output,
      },
    };
    return [...closing, this.event(`response.${status}`, { response })];
  }

  /** The documented event; where an answer has begun, the service says `response.failed` for faults of its own. */
  error(refusal: Refusal): WireEvent[] {
    const { error } = openAiError(refusal, this.model, 'responses');
    if (this.number > 2 && refusal.fail === 'server_error') {
      return [this.event('response.failed', { response: { ...this.response('failed'), error: { code: 'server_error', message: error.message } } })];
    }
    return [this.event('error', { code: error.code ?? error.type, message: error.message, param: error.param })];
  }

  private openText(): WireEvent[] {
    const item: Item = { id: wireId('msg_'), type: 'message', status: 'in_progress', content: [], role: 'assistant' };
    this.openItem = { item, kind: 'text', content: '' };
    return [
      this.event('response.output_item.added', { output_index: this.output.length, item }),
      this.event('response.content_part.added', { ...this.place(), content_index: 0, part: { type: 'output_text', annotations: [], logprobs: [], text: '' } }),
    ];
  }

  private openReasoning(): WireEvent[] {
    const item: Item = { id: wireId('rs_'), type: 'reasoning', summary: [] };
    this.openItem = { item, kind: 'reasoning', content: '' };
    return [
      this.event('response.output_item.added', { output_index: this.output.length, item }),
      this.event('response.reasoning_summary_part.added', { ...this.place(), summary_index: 0, part: { type: 'summary_text', text: '' } }),
    ];
  }

  private closeItem(status: 'completed' | 'incomplete' = 'completed'): WireEvent[] {
    if (!this.openItem) return [];
    const { item, kind, content } = this.openItem;
    const place = this.place();
    const part = kind === 'text' ? { type: 'output_text', annotations: [], logprobs: [], text: content } : { type: 'summary_text', text: content };
    const whole: Item = kind === 'text' ? { ...item, status, content: [part] } : { ...item, summary: [part] };
    const events = kind === 'text'
      ? [this.event('response.output_text.done', { ...place, content_index: 0, logprobs: [], text: content }), this.event('response.content_part.done', { ...place, content_index: 0, part })]
      : [this.event('response.reasoning_summary_text.done', { ...place, summary_index: 0, text: content }), this.event('response.reasoning_summary_part.done', { ...place, summary_index: 0, part })];
    events.push(this.event('response.output_item.done', { output_index: place.output_index, item: whole }));
    this.openItem = undefined;
    this.keep(whole);
    return events;
  }

  private keep(item: Item): void {
    const before = this.output.at(-1);
    this.store.set(item.id, { item, reasoning: before?.type === 'reasoning' ? before.id : undefined });
    this.output.push(item);
  }

  private fill(delta: string): void {
    if (this.openItem) this.openItem.content += delta;
  }

  private place(): { item_id: string; output_index: number } {
    return { item_id: this.openItem?.item.id ?? '', output_index: this.output.length };
  }

  private event(type: string, data: object): WireEvent {
    return { event: type, data: { type, sequence_number: this.number++, ...data } };
  }

  private response(status: string): object {
    return {
      id: this.id, object: 'response', created_at: this.createdAt, status, background: false, error: null, incomplete_details: null, instructions: null,
      max_output_tokens: null, max_tool_calls: null, model: this.model, output: [], parallel_tool_calls: true, previous_response_id: null, prompt_cache_key: null,
      reasoning: { effort: null, summary: null }, safety_identifier: null, service_tier: 'default', store: true, temperature: 1, text: { format: { type: 'text' }, verbosity: 'medium' },
      tool_choice: 'auto', tools: [], top_logprobs: 0, top_p: 1, truncation: 'disabled', usage: null, user: null, metadata: {},
    };
  }
}

