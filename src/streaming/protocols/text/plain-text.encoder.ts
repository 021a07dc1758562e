/**
 * The text of one step, or the result of the workflow, as nothing but its bytes. Plain text cannot be taken back, so what
 * may still turn out void is not sent: a step inside a `retry` is held back until that has ended, any other streams as it
 * is written. What was there before the reader came is folded first, so nobody is sent what a crash has voided since.
 *
 * A text that comes to no end, or that a crash has taken back after it was sent, breaks the line off: a body that just ended
 * would be taken for the whole text.
 */
import { type ExecutionEvent, type StepInfo } from '../../../contract/events.js';
import { isComposite, type StepType } from '../../../contract/definition.js';
import { type JsonValue } from '../../../contract/json.js';
import { applyEvent, type ExecutionState, type StepState } from '../../../contract/state.js';
import { StreamBreak } from '../../sse/stream.end.js';
import { type Encoder } from '../encoder.js';

/** A composite whose output is that of the step below it that runs last, by where that step stands. */
const PASSES_ON: ReadonlySet<StepType> = new Set(['sequential', 'conditional', 'retry']);
const VOID = 'the text that was sent is void';
const NEVER: ReadonlySet<string> = new Set(['failed', 'cancelled', 'skipped']);
const ENDED: ReadonlySet<string> = new Set(['completed', ...NEVER]);

export class PlainTextEncoder implements Encoder {
  ended = false;
  /** What the reader has. */
  private sent = '';
  /** Whether the text that counts is known to begin with it. */
  private holds = true;
  /** Steps whose output will be that of the workflow. */
  private readonly last = new Set<string>();
  /** The leaf among them that was started last. */
  private leaf: string | undefined;

  /** @param step Its id; absent, the result of the workflow. */
  constructor(private readonly execution: ExecutionState, private readonly step: string | undefined) {}

  skip(event: ExecutionEvent): void {
    applyEvent(this.execution, event);
    if (event.type === 'step_started' && this.step === undefined) this.trace(event.step);
  }

  begin(): string {
    return this.advance();
  }

  encode(event: ExecutionEvent): string {
    this.skip(event);
    if (event.type === 'workflow_resumed' || event.type === 'step_retrying') this.holds = false;
    return this.pieceOf(event) ?? this.advance();
  }

  pause(): string {
    return '';
  }

  cut(): undefined {
    return undefined;
  }

  /** Whether the output of a step that starts is going to be that of the workflow. */
  private trace({ id, type, index, total }: StepInfo): void {
    const parent = id.lastIndexOf('/') < 0 ? undefined : id.slice(0, id.lastIndexOf('/'));
    const above = parent === undefined ? undefined : this.find(parent);
    const isLast = index === total - 1;
    const passed = parent === undefined ? isLast : this.last.has(parent) && above !== undefined && PASSES_ON.has(above.type) && (above.type !== 'sequential' || isLast);
    if (!passed) return;
    this.last.add(id);
    if (!isComposite(type)) this.leaf = id;
  }

  /** A piece that follows what was sent goes out as it is: looking at all of the text for each would take ever longer. */
  private pieceOf(event: ExecutionEvent): string | undefined {
    if (event.type !== 'step_output' || event.data.kind !== 'text' || event.step.id !== (this.step ?? this.leaf)) return undefined;
    const delta = event.data.delta;
    const step = this.find(event.step.id);
    if (!this.holds || !step || step.text.length !== this.sent.length + delta.length || isHalf(delta) || !this.isFinal(step)) return undefined;
    this.sent += delta;
    return delta;
  }

  private isFinal({ id }: StepState): boolean {
    return this.execution.finishedAt !== null || this.retriesOf(id).every(({ status }) => ENDED.has(status));
  }

  private advance(): string {
    const { status, result } = this.execution;
    const step = this.find(this.step ?? this.leaf);
    const isFinal = step !== undefined && this.isFinal(step);
    if (this.step === undefined && status === 'completed') return this.finish(step !== undefined && step.text !== '' ? step.text : textOf(result));
    if (step && isFinal && this.step !== undefined && step.status === 'completed') return this.finish(step.text === '' ? textOf(step.output) : step.text);
    if (this.execution.finishedAt !== null) throw new StreamBreak(`the text is not whole: the execution has ${status}`);
    if (step && isFinal && this.step !== undefined && NEVER.has(step.status)) throw new StreamBreak(`the text is not whole: the step has ${step.status}`);
    return step && isFinal ? this.send(step.text) : '';
  }

  private finish(text: string): string {
    this.ended = true;
    const rest = this.send(text, text.length);
    if (this.sent.length > text.length) throw new StreamBreak(VOID);
    return rest;
  }

  /** What of the text the reader lacks; one that was begun anew is waited for until it is where the other one was. */
  private send(text: string, end = wholeLength(text)): string {
    const { sent } = this;
    if (!this.holds) {
      if (!(text.length <= sent.length ? sent.startsWith(text) : text.startsWith(sent))) throw new StreamBreak(VOID);
      this.holds = text.length >= sent.length;
    }
    if (end <= sent.length) return '';
    this.sent = text.slice(0, end);
    return text.slice(sent.length, end);
  }

  /** The retries that may void what a step has told. */
  private retriesOf(id: string): StepState[] {
    const retries: StepState[] = [];
    for (let i = 1; i < id.length; i++) {
      if (id[i] !== '/' && id[i] !== '[') continue;
      const above = this.find(id.slice(0, i));
      if (above?.type === 'retry') retries.push(above);
    }
    return retries;
  }

  private find(id: string | undefined): StepState | undefined {
    const { steps } = this.execution;
    return id !== undefined && Object.hasOwn(steps, id) ? steps[id] : undefined;
  }
}

function textOf(output: JsonValue | undefined): string {
  return typeof output === 'string' ? output : JSON.stringify(output ?? null);
}

/** Without half of a pair at its end: alone it is no character. */
function wholeLength(text: string): number {
  return isHalf(text) ? text.length - 1 : text.length;
}

function isHalf(text: string): boolean {
  const unit = text.charCodeAt(text.length - 1);
  return unit >= 0xd800 && unit <= 0xdbff;
}
